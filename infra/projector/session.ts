import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedEvent } from '../../events/envelope.ts'
import type { CatalogueError } from '../../events/errors.ts'
import { comparePositions, type EventStore } from '../event-store/port.ts'
import type { Postgres } from '../postgres/connect.ts'
import { pipeline, type Pipeline } from '../postgres/pipeline.ts'
import { apply, wasMoved } from './apply.ts'
import { batches } from './batches.ts'
import { activate, positionOf, prepare } from './checkpoint.ts'
import { schemaOf, type Projection } from './projection.ts'

export type SessionOptions = {
  readonly store: EventStore
  readonly postgres: Postgres
  readonly projection: Projection
  /** Go on with new events until `signal` aborts; otherwise it ends at the present end of the store. */
  readonly follow: boolean
  readonly signal?: AbortSignal
  /** Most events of one transaction. */
  readonly batchSize?: number
  /** How often to look whether the store is still the same one, milliseconds. */
  readonly identityCheckMs?: number
  /** The tables are there (from `position` on); again when everything that was in the store is applied. */
  readonly on?: {
    prepared?(position: string | null): void
    applied?(position: string): void
    caughtUp?(): void
    /** A message that is no event of ours in any release: it cannot be taken out of the stream, and nothing can come of it. */
    passedOver?(reason: CatalogueError, position: string): void
  }
}

const FAREWELL_MS = 2_000

/**
 * Runs one projection from its checkpoint, until the end of the store or for ever. Several may run the same one at once: each
 * event is applied by the first that gets to it. Ends by throwing when anything fails: run it again.
 * @throws PoisonEvent, Superseded, STORE_UNAVAILABLE and whatever PostgreSQL says
 */
export const session = async ({ store, postgres, projection, follow, signal, batchSize = 1_000, identityCheckMs = 10_000, on = {} }: SessionOptions): Promise<void> => {
  const ended = new AbortController()
  const stop = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal
  const identity = await store.identity()
  const client = await postgres.dedicated(schemaOf(projection))
  client.on('end', () => ended.abort(new Error('the connection to PostgreSQL was lost')))
  const watch = setInterval(() => void changed(store, identity).then((other) => { if (other) ended.abort(new Error('the event store is another one')) }), identityCheckMs)
  try {
    const { position, active } = await prepare(postgres.db, projection, identity)
    on.prepared?.(position)
    const writer: Writer = { pipeline: pipeline(client), postgres, projection, identity, position }
    // an event of a later release is waited for; what is not even an event is not
    const unreadable = (reason: CatalogueError, position: string) => {
      if (reason.code !== 'MALFORMED_EVENT') throw reason
      on.passedOver?.(reason, position)
    }
    const read = async (onwards: boolean) => {
      const after = writer.position === null ? {} : { after: writer.position }
      const events = store.readAll({ ...after, categories: projection.categories, follow: onwards, signal: stop, unreadable })
      for await (const batch of batches(events, batchSize, restOf)) {
        await write(writer, batch)
        if (writer.position !== null) on.applied?.(writer.position)
      }
    }
    await read(false)
    stop.throwIfAborted()
    if (!active) await activate(postgres.db, projection)
    on.caughtUp?.()
    if (!follow) return
    await read(true)
    stop.throwIfAborted()
    throw new Error('the event store ended what was to go on for ever')
  } finally {
    clearInterval(watch)
    ended.abort()
    // a server that hangs does not answer the farewell either
    await Promise.race([client.end(), sleep(FAREWELL_MS, undefined, { ref: false })])
  }
}

/** Applies everything that is in the store now, then resolves: for tests, benches and one-off rebuilds. Errors as `session`. */
export const catchUp = (options: Omit<SessionOptions, 'follow'>): Promise<void> => session({ ...options, follow: false })

/** Age an event has before it is applied, milliseconds: a visitor who waits for the same event is served first. */
const MIN_AGE_MS = 25
const restOf = ({ at }: RecordedEvent): number => Math.min(MIN_AGE_MS, MIN_AGE_MS - (Date.now() - Date.parse(at)))

type Writer = {
  readonly pipeline: Pipeline
  readonly postgres: Postgres
  readonly projection: Projection
  readonly identity: string
  position: string | null
}

/** Applies a batch; whatever another projector applied meanwhile is left out. */
const write = async (writer: Writer, batch: readonly RecordedEvent[]): Promise<void> => {
  const { pipeline, postgres, projection, identity } = writer
  let rest = later(batch, writer.position)
  for (let last = rest.at(-1); last; last = rest.at(-1)) {
    try {
      await apply(pipeline, projection, identity, writer.position, rest)
      writer.position = last.position
      return
    } catch (error) {
      if (!wasMoved(error)) throw error
      const now = await positionOf(postgres.db, projection, identity)
      // moved back, or gone: what lies between is not in this batch
      if (!now?.position || (writer.position !== null && comparePositions(now.position, writer.position) <= 0)) throw error
      writer.position = now.position
      rest = later(rest, now.position)
    }
  }
}

const later = (events: readonly RecordedEvent[], position: string | null): readonly RecordedEvent[] =>
  position === null ? events : events.filter((event) => comparePositions(event.position, position) > 0)

/** False while the store does not answer: whoever reads from it will hear of that. */
const changed = (store: EventStore, identity: string): Promise<boolean> => store.identity().then((now) => now !== identity, () => false)
