import { streamId, type RecordedEvent } from '../../../events/envelope.ts'
import type { SubscriptionEvent } from '../../../events/subscription/events.ts'
import { evolve, type Subscription } from '../../../events/subscription/state.ts'
import type { EventStore } from '../../event-store/port.ts'
import type { Log } from '../../log.ts'

/** A subscription and the position of the event that created it: the first it hears is the next. */
export type Known = { readonly subscription: Subscription; readonly position: string }

/** All subscriptions there ever were, by id, folded from the event store itself, so that no read model need be there. */
export const knownSubscriptions = (store: EventStore, log: Log) => {
  let known = new Map<string, Known>()
  let after: string | undefined
  let identity: string | undefined
  return {
    /** Reads what is new and gives all. @throws STORE_UNAVAILABLE */
    read: async (): Promise<ReadonlyMap<string, Known>> => {
      const current = await store.identity()
      if (current !== identity) [known, after, identity] = [new Map<string, Known>(), undefined, current] // wiped or restored
      for await (const event of store.readAll({ categories: [CATEGORY], ...(after === undefined ? {} : { after }), unreadable: passOver(log) })) {
        after = event.position
        fold(known, event as RecordedEvent<SubscriptionEvent>)
      }
      return known
    },
    /** Calls `tell` whenever there may be news, until the signal aborts. */
    follow: async (tell: () => void, signal: AbortSignal): Promise<void> => {
      const from = (await store.head()) ?? '0'
      tell()
      for await (const _ of store.readAll({ categories: [CATEGORY], after: from, follow: true, signal, unreadable: passOver(log) })) tell()
    },
  }
}

const CATEGORY = 'subscription'

const fold = (known: Map<string, Known>, event: RecordedEvent<SubscriptionEvent>): void => {
  const id = streamId(event.stream)
  const before = known.get(id)
  const subscription = evolve(before?.subscription ?? null, event, event.revision)
  if (subscription) known.set(id, { subscription, position: before?.position ?? event.position })
}

const passOver = (log: Log) => (reason: Error, position: string) => log.error({ reason: reason.message, position }, 'what is no event changes no subscription')
