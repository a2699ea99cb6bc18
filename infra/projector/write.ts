import type { RecordedEvent } from '../../events/envelope.ts'
import type { CatalogueError } from '../../events/errors.ts'
import { comparePositions } from '../event-store/port.ts'
import type { Postgres } from '../postgres/connect.ts'
import type { Pipeline } from '../postgres/pipeline.ts'
import { advance, apply, PoisonEvent, wasMoved } from './apply.ts'
import { Deposed, positionOf, type Checkpoint } from './checkpoint.ts'
import { assertFew, isParked, parkedRow, type Park, type Poison } from './poison.ts'
import type { Projection } from './projection.ts'

/** What the writing of one build goes on from; it changes as events are applied. */
export type Writer = {
  readonly pipeline: Pipeline
  readonly postgres: Postgres
  readonly projection: Projection
  readonly park: Park | null
  /** Told of each that was parked. */
  readonly parked: (poison: Poison, cause: unknown) => void
  at: Checkpoint
}

/**
 * Applies a batch; whatever another projector applied meanwhile is left out, and what cannot be applied is parked.
 * @throws Deposed, TooManyPoisons, PoisonEvent where there is no parking, and what PostgreSQL and the parking say
 */
export const write = async (writer: Writer, batch: readonly RecordedEvent[]): Promise<void> => {
  const { pipeline, projection } = writer
  let rest = later(batch, writer.at.position)
  for (let last = rest.at(-1); last; last = rest.at(-1)) {
    try {
      await apply(pipeline, projection, writer.at.made, writer.at.position, rest)
      moved(writer, rest)
    } catch (error) {
      if (error instanceof PoisonEvent) await parkEvent(moved(writer, error.applied), error)
      else if (wasMoved(error)) await catchUpWith(writer)
      else throw error
    }
    rest = later(rest, writer.at.position)
  }
}

/** Parks a message that is no event: it has no place in the order, and nothing can come of it. Said twice, done once. */
export const parkUnreadable = async (writer: Writer, reason: CatalogueError, position: string): Promise<void> => {
  const { pipeline, postgres, projection, park, at: { made } } = writer
  if (!park) throw reason
  if (await isParked(postgres.db, made, position)) return
  const poison: Poison = { projection, position, event: null, reason: reason.message }
  const letter = await park(poison)
  await pipeline.run([parkedRow(made, letter, poison, null)])
  writer.parked(poison, reason)
}

/** The letter first, as it is made once however often it is asked for; then the checkpoint goes past it. */
const parkEvent = async (writer: Writer, error: PoisonEvent): Promise<void> => {
  const { pipeline, postgres, projection, park, at } = writer
  const { event } = error
  if (!park) throw error
  await assertFew(postgres.db, projection, at, error)
  const poison: Poison = { projection, position: event.position, event, reason: error.message }
  const letter = await park(poison)
  try {
    await pipeline.run([advance(at.made, at.position, event, 1), parkedRow(at.made, letter, poison, at.applied + 1)])
  } catch (failed) {
    if (!wasMoved(failed)) throw failed
    return await catchUpWith(writer)
  }
  moved(writer, [event])
  writer.parked(poison, error)
}

const moved = (writer: Writer, events: readonly RecordedEvent[]): Writer => {
  const last = events.at(-1)
  if (last) writer.at = { ...writer.at, position: last.position, eventId: last.id, applied: writer.at.applied + events.length }
  return writer
}

/** Another one was first. */
const catchUpWith = async (writer: Writer): Promise<void> => {
  const now = await positionOf(writer.postgres.db, writer.at.made)
  if (!now?.position || (writer.at.position !== null && comparePositions(now.position, writer.at.position) <= 0)) {
    throw new Deposed(`${writer.projection.name}: the tables were dropped or made anew`)
  }
  writer.at = { ...writer.at, ...now }
}

/** Those after a position, of events in their order: nearly always all of them. */
const later = (events: readonly RecordedEvent[], position: string | null): readonly RecordedEvent[] => {
  const first = position === null ? 0 : events.findIndex((event) => comparePositions(event.position, position) > 0)
  return first < 0 ? [] : first === 0 ? events : events.slice(first)
}
