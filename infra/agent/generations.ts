import type { Heartbeat } from './port.ts'
import type { Runtime, Slot } from './runtime.ts'

/** Slots of a node counted by generation, for its heartbeat; nothing where slots have none. */
export const byGeneration = (spares: readonly Slot[], claimed: readonly Slot[], offers: Runtime['offers']): Pick<Heartbeat, 'slots' | 'outdated'> => {
  const slots = new Map<string, { plan: string; free: number; claimed: number }>()
  const count = (all: readonly Slot[], as: 'free' | 'claimed') => {
    for (const { generation, plan } of all) {
      if (generation === null) continue
      const own = slots.get(generation) ?? { plan, free: 0, claimed: 0 }
      slots.set(generation, own)
      own[as] += 1
    }
  }
  count(spares, 'free')
  count(claimed, 'claimed')
  return slots.size === 0 ? {} : { slots: Object.fromEntries(slots), outdated: claimed.filter((slot) => !offers(slot)).length }
}
