import type { NewEvent } from '../../events/envelope.ts'
import type { AskRoom } from '../disk/room.ts'
import { storageFull } from '../nats/unavailable.ts'
import type { EventStore } from './port.ts'

/** What begins something, or asks for more work: all else is the life of what exists, or gives room back. */
const BEGINS: ReadonlySet<string> = new Set([
  'NameReserved', 'DeploymentRequested', 'SettingsChanged', 'SubscriptionCreated', 'SubscriptionChanged', 'SubscriptionResumed', 'RedriveRequested',
])

/** An event store that takes nothing it might not have room for: what is new is refused first, what exists goes on in the reserve. */
export const withReserve = (store: EventStore, room: AskRoom): EventStore => {
  const demandRoom = (events: readonly NewEvent[]): void => {
    const there = room()
    if (there === 'ample' || (there === 'scarce' && !events.some(({ type }) => BEGINS.has(type)))) return
    throw storageFull('the disk is almost full')
  }
  return {
    ...store,
    append: async (stream, events, expected) => {
      demandRoom(events)
      return store.append(stream, events, expected)
    },
    appendAll: async (writes) => {
      demandRoom(writes.flatMap(({ events }) => events))
      return store.appendAll(writes)
    },
  }
}
