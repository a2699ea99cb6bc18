import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedEvent } from '../../events/envelope.ts'
import type { CatalogueError } from '../../events/errors.ts'
import type { EventStore } from '../event-store/port.ts'
import type { Postgres } from '../postgres/connect.ts'
import { pipeline } from '../postgres/pipeline.ts'
import { batches } from './batches.ts'
import { activate, prepare, type Checkpoint, type Which } from './checkpoint.ts'
import { historyOf, type History } from './history.ts'
import type { Park, Poison } from './poison.ts'
import { meter, type Progress } from './progress.ts'
import { schemaOf, type Projection } from './projection.ts'
import { projecting } from '../tracing/projecting.ts'
import { parkUnreadable, write, type Writer } from './write.ts'

export type SessionOptions = {
  readonly store: EventStore
  readonly postgres: Postgres
  readonly projection: Projection
  /** Without it an event that cannot be applied ends the session, as PoisonEvent, and one that cannot be read as MALFORMED_EVENT. */
  readonly park?: Park
  /** The build that is shown, by default, or the one that was asked for beside it. */
  readonly which?: Which
  /** Go on with new events until `signal` aborts; otherwise it ends at the present end of the store. */
  readonly follow: boolean
  readonly signal?: AbortSignal
  /** Most events of one transaction. */
  readonly batchSize?: number
  /** How often to look whether the store still tells the same story, milliseconds. */
  readonly identityCheckMs?: number
  /** The tables are there (from `position` on); again when everything that was in the store is applied. */
  readonly on?: {
    prepared?(position: string | null): void
    applied?(position: string): void
    /** Every few seconds while it catches up. */
    progress?(progress: Progress): void
    caughtUp?(): void
    parked?(poison: Poison, cause: unknown): void
  }
}

const FAREWELL_MS = 2_000
/** How often a new build follows the one that is shown before it takes over although that is a moment further. */
const ROUNDS = 10

/**
 * Runs one build of a projection from its checkpoint, until the end of the store or for ever. Several may run the same one at
 * once: each event is applied by the first that gets to it. Ends by throwing when anything fails: run it again.
 * @throws PoisonEvent, TooManyPoisons, Superseded, Deposed, STORE_UNAVAILABLE, UNKNOWN_EVENT and whatever PostgreSQL says
 */
export const session = async (options: SessionOptions): Promise<void> => {
  const { store, postgres, projection, park, which = 'shown', follow, signal, batchSize = 1_000, identityCheckMs = 10_000, on = {} } = options
  const ended = new AbortController()
  const stop = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal
  const history = await historyOf(store, projection)
  const checkpoint = await prepare(postgres.db, projection, history, which)
  if (!checkpoint) return
  const client = await postgres.dedicated(schemaOf(projection, checkpoint.build))
  client.on('end', () => ended.abort(new Error('the connection to PostgreSQL was lost')))
  const writer: Writer = { pipeline: pipeline(client), postgres, projection, park: park ?? null, parked: (poison, cause) => on.parked?.(poison, cause), at: checkpoint }
  const watch = setInterval(() => void differs(store, projection, history, writer.at).then((other) => { if (other) ended.abort(new Error('the event store tells another story')) }), identityCheckMs)
  try {
    on.prepared?.(checkpoint.position)
    const read = async (onwards: boolean, begun: (left: number | null) => void = () => {}) => {
      let parking = Promise.resolve()
      let readings = 0
      // what comes next may be of another story: the next session compares before it applies
      const begins = (left: number | null): void => {
        readings += 1
        if (readings === 1) begun(left)
        else ended.abort(new Error('the event store was away'))
      }
      // an event of a later release is waited for; what is not even an event is not
      const unreadable = (reason: CatalogueError, position: string): void => {
        if (reason.code !== 'MALFORMED_EVENT') throw reason
        parking = parking.then(() => parkUnreadable(writer, reason, position))
        parking.catch((error: unknown) => ended.abort(error))
      }
      const after = writer.at.position === null ? {} : { after: writer.at.position }
      const events = store.readAll({ ...after, categories: projection.categories, follow: onwards, signal: stop, unreadable, begins })
      // round trips are most of the time of a rebuild; a follower hands on what there is
      for await (const batch of batches(events, batchSize, onwards ? { rest: restOf } : { full: true })) {
        await parking
        await projecting(projection.name, batch, () => write(writer, batch))
        if (writer.at.position !== null) on.applied?.(writer.at.position)
      }
      await parking
    }
    await catchUpAndShow(options, writer, read, stop)
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

type Read = (onwards: boolean, begun?: (left: number | null) => void) => Promise<void>

const catchUpAndShow = async ({ postgres, projection, on }: SessionOptions, writer: Writer, read: Read, stop: AbortSignal): Promise<void> => {
  const { active } = writer.at
  const progress = meter(postgres.db, () => writer.at, (now) => on?.progress?.(now))
  let caughtUp = false
  try {
    for (let round = 1; !caughtUp; round += 1) {
      await read(false, round === 1 ? progress.left : undefined)
      stop.throwIfAborted()
      caughtUp = active || (await activate(postgres.db, projection, writer.at, round < ROUNDS ? 'refused' : 'accepted'))
    }
  } finally {
    await progress.end(caughtUp)
  }
}

/** Age an event has before it is applied, milliseconds: a visitor who waits for the same event is served first. */
const MIN_AGE_MS = 25
const restOf = ({ at }: RecordedEvent): number => Math.min(MIN_AGE_MS, MIN_AGE_MS - (Date.now() - Date.parse(at)))

/** False while the store does not answer: whoever reads from it will hear of that. */
const differs = async (store: EventStore, projection: Projection, known: History, at: Checkpoint): Promise<boolean> => {
  try {
    const now = await historyOf(store, projection)
    return now.identity !== known.identity || !(await now.holds(at))
  } catch {
    return false
  }
}
