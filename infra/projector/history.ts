import { comparePositions, type EventStore } from '../event-store/port.ts'
import type { Projection } from './projection.ts'

/** The newest event that was applied: nulls before the first. */
export type Applied = { readonly position: string | null; readonly eventId: string | null }

/** What a checkpoint is held against: which store it was, and whether that still tells the same story. */
export type History = {
  readonly identity: string
  /** Whether the store has, where it was applied, that event. A stream that was restored from an older copy keeps its identity. */
  holds(applied: Applied): Promise<boolean>
}

/** @throws STORE_UNAVAILABLE */
export const historyOf = async (store: EventStore, projection: Projection): Promise<History> => ({
  identity: await store.identity(),
  holds: (applied) => holds(store, projection, applied),
})

const holds = async (store: EventStore, { categories }: Projection, { position, eventId }: Applied): Promise<boolean> => {
  if (position === null) return true
  const head = await store.head()
  if (head === null || comparePositions(head, position) < 0) return false
  if (eventId === null) return true
  // what a later release wrote cannot be compared; it is taken for the one that was applied
  let unknown = false
  const unreadable = (_: unknown, at: string) => { unknown ||= at === position }
  for await (const event of store.readAll({ after: String(BigInt(position) - 1n), categories, unreadable })) {
    return unknown || (event.position === position && event.id === eventId)
  }
  return unknown
}
