import type { Plan } from '../../../events/deployment/settings.ts'
import type { Slot } from '../runtime.ts'

/** Slots that came and nobody has asked for yet, and those who ask before one comes. */
export type Queues = { add(slot: Slot): void; /** The next one of a plan that lives. */ next(plan: Plan): Promise<Slot> }

export const openQueues = (): Queues => {
  const slots = new Set<Slot>()
  const waiters: { readonly plan: Plan; readonly give: (slot: Slot) => void }[] = []
  return {
    add: (slot) => {
      const index = waiters.findIndex(({ plan }) => plan === slot.plan)
      const [waiter] = index < 0 ? [] : waiters.splice(index, 1)
      if (waiter) return waiter.give(slot)
      slots.add(slot)
      void slot.gone.then(() => slots.delete(slot))
    },
    next: (plan) => {
      const slot = [...slots].find((one) => one.plan === plan)
      if (!slot) return new Promise((give) => waiters.push({ plan, give }))
      slots.delete(slot)
      return Promise.resolve(slot)
    },
  }
}
