import { setTimeout as pause } from 'node:timers/promises'
import * as decide from '../../events/drain/decide.ts'
import type { DrainEvent } from '../../events/drain/events.ts'
import type { Drain } from '../../events/drain/state.ts'
import { drainsOf } from '../aggregates/drains.ts'
import type { EventStore } from '../event-store/port.ts'
import { randomId } from '../ids.ts'
import type { Log } from '../log.ts'

export type NodeUseOptions = { readonly node: string; readonly store: Pick<EventStore, 'append' | 'last' | 'readAll'>; readonly log: Log }

/** Whether this node is to hold slots: stream `drain.<node>`, which operators write. */
export type NodeUse = {
  /** As it was when it was looked at last. */
  isDrained(): boolean
  /** Looks anew. @throws STORE_UNAVAILABLE */
  look(): Promise<boolean>
  /** An agent starts here: what a shutdown asked for is over. Tries until that is known, or until `signal` aborts. */
  started(signal: AbortSignal): Promise<void>
  /** This node shuts down: no claims from now on, and what is held is to go elsewhere. @throws STORE_UNAVAILABLE */
  leaves(): Promise<void>
}

const RETRY_MS = 500

export const nodeUse = ({ node, store, log }: NodeUseOptions): NodeUse => {
  let isDrained = false
  const drains = drainsOf(store)
  const change = async (decision: (today: Drain | null) => readonly DrainEvent[]): Promise<void> => {
    const id = randomId()
    isDrained = (await drains.change(node, decision, id, { correlationId: id, actor: `agent:${node}` })) !== null
  }
  const at = () => new Date().toISOString()

  return {
    isDrained: () => isDrained,
    look: async () => {
      await change(() => [])
      return isDrained
    },
    started: async (signal) => {
      while (!signal.aborted) {
        try {
          return await change((today) => decide.restarted({ at: at() }, today))
        } catch (error) {
          log.warn({ reason: String(error) }, 'it is not known yet whether this node is drained; asking again')
          await pause(RETRY_MS, undefined, { signal }).catch(() => undefined) // told to end
        }
      }
    },
    leaves: () => {
      isDrained = true
      return change((today) => decide.requestDrain({ node, cause: 'shutdown', at: at() }, today))
    },
  }
}
