import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure } from '../../events/errors.ts'
import type { Plan } from '../../events/deployment/settings.ts'
import type { Log } from '../log.ts'
import type { Remains, Runtime, Slot } from './runtime.ts'

/** Warm slots of one plan that belong to nobody: frozen, kept ahead. A slot is claimed once and replaced by a new one. */
export type Pool = {
  /** Spares that may be claimed. */
  free(): number
  /** All spares, those of a generation that is offered no more too. */
  spares(): readonly Slot[]
  /** Claims of the last minute that found no spare. */
  missed(): number
  /** A spare, still frozen; waits a while for one that begins. @throws NO_SLOT_FREE */
  take(): Promise<Slot>
  /** A slot that was not claimed after all, or one that an agent before left; running. */
  add(slot: Slot): Promise<void>
  /** A slot that an agent before left claimed: it counts, and is replaced when it ends. */
  count(slot: Slot): void
  /** Ends so many spares of a generation, which nobody replaces; resolves to how many did. */
  retire(generation: string, count: number): Promise<number>
  /** Begins to fill. */
  start(): void
  /** Begins no more. */
  stop(): void
}

export type PoolOptions = {
  readonly plan: Plan
  /** Slots kept ahead; slots in all, claimed ones too. */
  readonly spare: number
  readonly max: number
  readonly runtime: Runtime
  readonly log: Log
  /** A slot that nobody had claimed died by itself. */
  readonly lost: (remains: Remains) => void
  /** The number of free slots changed. */
  readonly changed: () => void
}

type Waiter = (slot: Slot) => void

const WAIT_MS = 3_000
const RETRY_AFTER_SECONDS = 2
const SPAWN_FAILED_MS = 1_000
/** A slot that begins takes a core for a while: the claim that made it necessary attaches first. */
const AFTER_CLAIM_MS = 150
/** For how long a claim that found no spare counts, and how many are remembered. */
const MISSED_MS = 60_000
const MOST_MISSES = 1_000

export const openPool = ({ plan, spare, max, runtime, log, changed, lost }: PoolOptions): Pool => {
  const spares: Slot[] = []
  const alive = new Set<Slot>()
  const waiters: Waiter[] = []
  const misses: number[] = [] // when, milliseconds of the monotonic clock
  const spawning = new Set<Promise<void>>()
  let open = false

  const count = (slot: Slot) => {
    alive.add(slot)
    void slot.gone.then((remains) => {
      alive.delete(slot)
      const index = spares.indexOf(slot)
      if (index >= 0) spares.splice(index, 1)
      if (remains?.owner === null) lost(remains)
      changed()
      fill()
    })
  }
  const room = () => alive.size + spawning.size < max
  const add = async (slot: Slot) => {
    if (!alive.has(slot)) count(slot)
    const waiter = runtime.offers(slot) ? waiters.shift() : undefined
    if (waiter) return waiter(slot)
    try {
      await slot.freeze()
    } catch (error) {
      log.warn({ slot: slot.id, reason: String(error) }, 'a spare slot did not freeze; it is ended')
      return slot.condemn(`it did not freeze: ${String(error)}`)
    }
    spares.push(slot)
    changed()
  }
  const spawn = async () => {
    try {
      await add(await runtime.spawn(plan))
    } catch (error) {
      if (!open) return // ended with the agent
      log.error({ plan, reason: String(error) }, 'a slot did not come up')
      await sleep(SPAWN_FAILED_MS)
    }
  }
  // one after the other, so that a claim hardly notices; as many as there are cores while somebody waits for one
  const fill = () => {
    const atOnce = waiters.length > 0 ? availableParallelism() : 1
    while (open && spawning.size < atOnce && room() && spares.length + spawning.size < spare + waiters.length) {
      const one = spawn().finally(() => {
        spawning.delete(one)
        fill()
      })
      spawning.add(one)
    }
  }
  const missed = () => {
    while (misses[0] !== undefined && misses[0] < performance.now() - MISSED_MS) misses.shift()
    return misses.length
  }
  /** One that fits leaves the spares. */
  const pick = (fits: (slot: Slot) => boolean): Slot | undefined => {
    const index = spares.findIndex(fits)
    return index < 0 ? undefined : spares.splice(index, 1)[0]
  }
  const full = () => failure('NO_SLOT_FREE', { retryAfterSeconds: RETRY_AFTER_SECONDS })

  return {
    free: () => spares.filter(runtime.offers).length,
    spares: () => [...spares],
    missed,
    take: async () => {
      const slot = pick(runtime.offers)
      if (slot) {
        changed()
        setTimeout(fill, AFTER_CLAIM_MS)
        return slot
      }
      if (missed() < MOST_MISSES) misses.push(performance.now())
      if (!room() && spawning.size <= waiters.length) throw full()
      return new Promise((resolve, reject) => {
        const given: Waiter = (one) => {
          clearTimeout(late)
          resolve(one)
        }
        const late = setTimeout(() => {
          waiters.splice(waiters.indexOf(given), 1)
          reject(full())
        }, WAIT_MS)
        waiters.push(given)
        fill()
      })
    },
    add,
    count,
    retire: async (generation, count) => {
      const retired: Promise<void>[] = []
      for (let slot; retired.length < count && (slot = pick((one) => one.generation === generation)); ) retired.push(slot.retire())
      if (retired.length > 0) changed()
      await Promise.all(retired)
      return retired.length
    },
    start: () => {
      open = true
      fill()
    },
    stop: () => {
      open = false
    },
  }
}
