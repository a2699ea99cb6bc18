import { setTimeout as pause } from 'node:timers/promises'
import * as decide from '../../events/node/decide.ts'
import type { NodeEvent } from '../../events/node/events.ts'
import { evolve, type Node } from '../../events/node/state.ts'
import { caused, untilNoConflict } from '../aggregates/append.ts'
import type { EventStore } from '../event-store/port.ts'
import { randomId } from '../ids.ts'
import type { Log } from '../log.ts'

export type LifeOptions = { readonly node: string; readonly maxSlots: number; readonly store: Pick<EventStore, 'append' | 'last'>; readonly log: Log }

/** The agent's own history, stream `node.<node>`. */
export type Life = {
  /** Tells that it answers; tries until that is stored, or until `signal` aborts. */
  started(adopted: number, signal: AbortSignal): Promise<void>
  /** Tells that it answers if meanwhile it was taken for lost. @throws STORE_UNAVAILABLE */
  returned(held: number): Promise<void>
  /** Tells that it ends; gives up after a moment. */
  stopped(): Promise<void>
}

const RETRY_MS = 500
const STOPPED_WITHIN_MS = 1_000

export const lifeOf = ({ node, maxSlots, store, log }: LifeOptions): Life => {
  const metadata = (id: string) => ({ correlationId: id, actor: `agent:${node}` })
  const change = (decision: (today: Node | null) => readonly NodeEvent[], id: string): Promise<void> =>
    untilNoConflict(async () => {
      const newest = await store.last<NodeEvent>(`node.${node}`)
      const events = caused(decision(newest && evolve(null, newest)), id, metadata(id))
      if (events.length > 0) await store.append(`node.${node}`, events, newest?.revision ?? 'none')
    })
  const startedNow = (adopted: number) => decide.started({ node, adopted, maxSlots, at: new Date().toISOString() })

  return {
    started: async (adopted, signal) => {
      const id = randomId()
      const fact = startedNow(adopted)
      while (!signal.aborted) {
        try {
          return await change(() => fact, id)
        } catch (error) {
          log.warn({ reason: String(error) }, 'the start of this agent is not stored yet; trying again')
          await pause(RETRY_MS, undefined, { signal }).catch(() => undefined) // told to end
        }
      }
    },
    returned: (held) => change((today) => (today?.status === 'lost' ? startedNow(held) : []), randomId()),
    stopped: async () => {
      const told = change((today) => decide.stopped({ at: new Date().toISOString() }, today), randomId())
      await Promise.race([told, pause(STOPPED_WITHIN_MS, undefined, { ref: false })]).catch((error: unknown) => log.warn({ reason: String(error) }, 'that this agent ends is not stored'))
    },
  }
}
