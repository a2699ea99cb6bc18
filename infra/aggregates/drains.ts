import type { DrainEvent } from '../../events/drain/events.ts'
import { evolve, type Drain } from '../../events/drain/state.ts'
import type { Metadata, RecordedEvent } from '../../events/envelope.ts'
import type { EventStore } from '../event-store/port.ts'
import { caused, untilNoConflict } from './append.ts'

/** Which nodes are on their way out of use, or out of it: of each one message is read. All throw STORE_UNAVAILABLE. */
export type Drains = {
  /** Null for a node that is in use. */
  current(node: string): Promise<Drain | null>
  /** All that are not in use, by name: there are few. */
  all(): Promise<ReadonlyMap<string, Drain>>
  /** Decides on what stands and appends; decides anew when somebody was first. Resolves to what stands afterwards. */
  change(node: string, decide: (drain: Drain | null) => readonly DrainEvent[], cause: string, metadata: Metadata): Promise<Drain | null>
}

export const drainsOf = (store: Pick<EventStore, 'last' | 'append' | 'readAll'>): Drains => {
  const newestOf = (node: string): Promise<RecordedEvent<DrainEvent> | null> => store.last<DrainEvent>(`drain.${node}`)
  return {
    current: async (node) => {
      const newest = await newestOf(node)
      return newest && evolve(null, newest)
    },
    all: async () => {
      const all = new Map<string, Drain>()
      for await (const event of store.readAll({ categories: ['drain'], which: 'latest', unreadable: () => {} })) {
        const drain = evolve(null, event as RecordedEvent<DrainEvent>)
        if (drain) all.set(drain.node, drain)
      }
      return all
    },
    change: (node, decide, cause, metadata) =>
      untilNoConflict(async () => {
        const newest = await newestOf(node)
        const drain = newest && evolve(null, newest)
        const decided = decide(drain)
        if (decided.length > 0) await store.append(`drain.${node}`, caused(decided, cause, metadata), newest?.revision ?? 'none')
        return decided.reduce(evolve, drain)
      }),
  }
}
