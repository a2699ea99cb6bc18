import { planSchema, type Plan } from '../../events/deployment/settings.ts'
import type { Agents, Heartbeat } from '../agent/port.ts'
import type { Log } from '../log.ts'
import type { SlotImage } from './image.ts'
import type { Turn } from './lease.ts'
import type { Offered } from './offered.ts'
import { steps, surplusOf, type Situation, type Step } from './plan.ts'
import type { Generation, Node } from './seen.ts'
import { generationOf, type Making } from './spec.ts'
import { Fenced, type SlotServices } from './swarm.ts'

export type KeeperOptions = {
  readonly services: SlotServices
  readonly agents: Pick<Agents, 'heard' | 'retire'>
  readonly offered: Pick<Offered, 'generation'>
  readonly offer: (plan: Plan, generation: string) => Promise<void>
  /** What SLOT_IMAGE means now. @throws Error when it is not to be had */
  readonly image: () => Promise<SlotImage>
  readonly making: Omit<Making, keyof SlotImage>
  readonly spare: number
  /** More slots than are needed are kept for so long: they may be needed again. */
  readonly patienceMs: number
  readonly log: Log
}

export type Keeper = {
  /** What it saw last; for its metrics. */
  readonly seen: () => readonly Generation[]
  /** Sees to the slots until the turn ends, or somebody with a newer lease is met. */
  lead(turn: Turn, rest: () => Promise<void>): Promise<void>
}

export const slotKeeper = ({ services, agents, offered, offer, image, making, spare, patienceMs, log }: KeeperOptions): Keeper => {
  let seen: readonly Generation[] = []
  /** Since when each generation has had more than it needs, on the monotonic clock. */
  const surplusSince = new Map<string, number>()
  const levelledAt = new Map<Plan, number>()
  const told = new Map<string, string>()

  /** Waits are long, and told by the log once. */
  const tellTroubles = (): void => {
    for (const { generation, plan, tasks } of seen) {
      const trouble = [...new Set(tasks.flatMap(({ error, state }) => (error !== null && state !== 'running' && state !== 'ended' ? [error] : [])))].toSorted().join('; ')
      if (trouble !== '' && told.get(generation) !== trouble) log.warn({ generation, plan, trouble }, 'slots do not begin; those of the generation before serve on')
      told.set(generation, trouble)
    }
  }
  const perform = async (step: Step, fence: number, made: Making): Promise<void> => {
    log.info({ step }, 'slots')
    switch (step.do) {
      case 'create':
        return services.create(step.plan, step.replicas, fence, made)
      case 'scale':
        return services.scale(step.service, step.from, step.to, fence)
      case 'retire':
        surplusSince.delete(step.generation) // Swarm sees later that they have ended: they are not to be counted twice
        return void (await agents.retire(step.node, { plan: step.plan, generation: step.generation, count: step.count }))
      case 'offer':
        return offer(step.plan, step.generation)
      case 'remove':
        return services.remove(step.service, fence)
      default:
        return step satisfies never
    }
  }
  /** The generation of an image that is not to be had is unknown: the one that is offered stays. */
  const wantedOf = async (plan: Plan): Promise<{ readonly wanted: Situation['wanted']; readonly made: Making } | null> => {
    try {
      const made = { ...making, ...(await image()) }
      told.delete('image')
      return { made, wanted: { plan, generation: generationOf(plan, made) } }
    } catch (error) {
      if (told.get('image') !== String(error)) log.error({ err: error }, 'no new generation of slots can be made; the one before serves on')
      told.set('image', String(error))
      const generation = offered.generation(plan)
      return generation === null ? null : { made: { ...making, image: '', imageId: null }, wanted: { plan, generation } }
    }
  }
  const round = async (plan: Plan, turn: Turn, fence: number): Promise<void> => {
    const known = await wantedOf(plan)
    if (!known) return
    const situation = {
      wanted: known.wanted, offered: offered.generation(plan), generations: seen.filter((one) => one.plan === plan), nodes: agents.heard().map(asNode), spare, most: making.MAX_SLOTS,
    }
    for (const step of steps({ ...situation, idle: idle(situation), mayLevel: mayLevel(plan) })) {
      if (!turn.isHeld()) return
      if (step.do === 'create' && known.made.image === '') continue
      await perform(step, fence, known.made).catch((error: unknown) => {
        if (error instanceof Fenced) throw error
        log.warn({ step, reason: String(error) }, 'a step with the slots failed; it is tried again')
      })
    }
  }
  const mayLevel = (plan: Plan): boolean => {
    if (performance.now() - (levelledAt.get(plan) ?? -Infinity) < patienceMs) return false
    levelledAt.set(plan, performance.now())
    return true
  }
  /** Those that have had too many for long. */
  const idle = (situation: Omit<Situation, 'idle' | 'mayLevel'>): ReadonlySet<string> => {
    const now = performance.now()
    for (const one of situation.generations) {
      if (surplusOf(one, situation) <= 0) surplusSince.delete(one.generation)
      else if (!surplusSince.has(one.generation)) surplusSince.set(one.generation, now)
    }
    return new Set([...surplusSince].flatMap(([generation, since]) => (now - since >= patienceMs ? [generation] : [])))
  }

  return {
    seen: () => seen,
    lead: async (turn, rest) => {
      // above all that were before, whatever this machine's clock says
      const fence = Math.max(Date.now(), (await services.newestFence()) + 1)
      await services.takeOver(fence)
      while (turn.isHeld()) {
        seen = await services.look()
        tellTroubles()
        for (const plan of planSchema.options) await round(plan, turn, fence)
        await rest()
      }
    },
  }
}

const asNode = ({ node, slots = {}, missed = {}, draining }: Heartbeat): Node => ({ name: node, slots, missed, isDrained: draining === true })
