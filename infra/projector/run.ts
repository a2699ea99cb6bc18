import { setTimeout as sleep } from 'node:timers/promises'
import { kindOf } from '../../events/errors.ts'
import type { EventStore } from '../event-store/port.ts'
import type { Log } from '../log.ts'
import type { Postgres } from '../postgres/connect.ts'
import { migrate } from '../postgres/migrate.ts'
import { Deposed, prepare, Superseded, type Which } from './checkpoint.ts'
import { historyOf } from './history.ts'
import { building, poisoned } from './metrics.ts'
import { holdLeases, type Turn } from './lease.ts'
import { TooManyPoisons, type Park, type Poison } from './poison.ts'
import type { Projection } from './projection.ts'
import { session, type SessionOptions } from './session.ts'

export type ProjectorOptions = {
  readonly store: EventStore
  readonly postgres: Postgres
  readonly projections: readonly Projection[]
  readonly park: Park
  readonly log: Log
  readonly batchSize?: number
  readonly identityCheckMs?: number
  /** Longest wait before a failed projection is tried again, milliseconds. */
  readonly maxBackoffMs?: number
}

export type ProjectionStatus = {
  readonly name: string
  readonly version: number
  /** `standby`: another projector reads for it. */
  readonly state: 'starting' | 'standby' | 'catching up' | 'live' | 'failing' | 'superseded'
  /** Of the newest event applied by this process; null before the first. */
  readonly position: string | null
  /** What it fails at, while it does. */
  readonly reason: string | null
}

export type Projector = {
  /** Resolves when the tables of every projection can be read, however old their rows are. */
  readonly ready: Promise<void>
  status(): readonly ProjectionStatus[]
  /** Stops after the batch in work. */
  close(): Promise<void>
}

const MIN_BACKOFF_MS = 100

/**
 * Runs projections for ever, each on its own: one that fails does not stop the others, and is tried again from its checkpoint.
 * An event that cannot be applied is parked, and told; when too many cannot, the projection stands, loudly, until a release can.
 * Of several projectors one reads for each projection; a build that somebody asks for is made beside the one that is shown.
 */
export const startProjector = (options: ProjectorOptions): Projector => {
  const stop = new AbortController()
  const leases = holdLeases(options.postgres.db, options.projections, options.log, stop.signal)
  const runners = options.projections.map((projection) => runner(projection, options, leases.of(projection), stop.signal))
  const ended = Promise.all([leases.ended, ...runners.map(({ ended }) => ended)])
  return {
    ready: Promise.all(runners.map(({ ready }) => ready)).then(() => undefined),
    status: () => runners.map(({ status }) => status()),
    close: async () => {
      stop.abort()
      await ended
    },
  }
}

const runner = (projection: Projection, options: ProjectorOptions, turn: Turn, stop: AbortSignal) => {
  const { store, postgres, park, log, batchSize, identityCheckMs, maxBackoffMs = 15_000 } = options
  const { name, version } = projection
  const settings = { store, postgres, projection, park, ...(batchSize === undefined ? {} : { batchSize }), ...(identityCheckMs === undefined ? {} : { identityCheckMs }) }
  let status: ProjectionStatus = { name, version, state: 'starting', position: null, reason: null }
  const ready = Promise.withResolvers<void>()
  let failures = 0

  const parked = (poison: Poison, cause: unknown): void => {
    poisoned.inc({ projection: name })
    log.error({ projection: name, version, event: told(poison), err: cause }, 'parked: this read model lacks it until it is built again')
  }
  const progress = (which: Which): Progressed => (now) => {
    building.set({ projection: name, build: which, events: 'done' }, now.done)
    if (now.total !== null) building.set({ projection: name, build: which, events: 'all' }, now.total)
    log.info({ projection: name, version, build: which, ...now }, 'a read model is being built')
  }
  const on: SessionOptions['on'] = {
    prepared: (position) => {
      status = { ...status, position, state: status.state === 'failing' ? 'failing' : 'catching up' }
      ready.resolve()
    },
    applied: (position) => {
      failures = 0
      status = { name, version, position, state: status.state === 'live' ? 'live' : 'catching up', reason: null }
    },
    parked,
    progress: progress('shown'),
    caughtUp: () => {
      failures = 0
      status = { ...status, state: 'live', reason: null }
      log.info({ projection: name, version, position: status.position }, 'projection is up to date')
    },
  }

  const failed = async (error: unknown, signal: AbortSignal): Promise<void> => {
    failures += 1
    status = { ...status, state: error instanceof Superseded ? 'superseded' : 'failing', reason: error instanceof Error ? error.message : String(error) }
    report(log, projection, error, failures)
    await sleep(backoff(failures, maxBackoffMs), undefined, { signal }).catch(() => undefined)
  }

  /** Reads as long as it is this process's turn, whatever fails. */
  const lead = async (mine: AbortSignal): Promise<void> => {
    const signal = AbortSignal.any([stop, mine])
    while (!signal.aborted) await session({ ...settings, follow: true, signal, on }).catch((error: unknown) => (signal.aborted ? undefined : failed(error, signal)))
  }

  /** Builds anew beside it whenever somebody asks. The one that is shown is deposed by that, and goes on as the new one. */
  const rebuild = async (mine: AbortSignal): Promise<void> => {
    const signal = AbortSignal.any([stop, mine])
    for (let attempt = 1; (await turn.asked(mine)) && !signal.aborted; attempt += 1) {
      try {
        await session({ ...settings, which: 'next', follow: false, signal, on: { parked, progress: progress('next') } })
        attempt = 0
      } catch (error) {
        if (!signal.aborted) report(log, projection, error, attempt)
      }
      await sleep(backoff(attempt + 3, maxBackoffMs), undefined, { signal }).catch(() => undefined)
    }
  }

  /** Whoever's turn it is: what is asked of the tables is answered as soon as they are there. */
  const prepared = async (): Promise<void> => {
    while (!stop.aborted) {
      try {
        await migrate(postgres.db)
        await prepare(postgres.db, projection, await historyOf(store, projection), 'shown')
        status = { ...status, state: 'standby', reason: null }
        failures = 0
        return ready.resolve()
      } catch (error) {
        await failed(error, stop)
        if (error instanceof Superseded) return ready.resolve()
      }
    }
  }

  const run = async (): Promise<void> => {
    await prepared()
    for (let mine = await turn.taken(); mine; mine = await turn.taken()) {
      await Promise.all([lead(mine), rebuild(mine)])
      status = { name, version, state: 'standby', position: status.position, reason: null }
    }
  }
  return { ready: ready.promise, ended: run(), status: () => status }
}

type Progressed = NonNullable<NonNullable<SessionOptions['on']>['progress']>

/** Half to all of a window that doubles with each failure in a row. */
const backoff = (failures: number, max: number): number =>
  Math.min(max, MIN_BACKOFF_MS * 2 ** Math.min(failures - 1, 20)) * (0.5 + Math.random() / 2)

/** What may be said of a message in a log: not its data. */
const told = ({ event, position }: Pick<Poison, 'event' | 'position'>): object =>
  event ? { position, type: event.type, id: event.id, stream: event.stream, revision: event.revision, schema: event.version } : { position }

const report = (log: Log, { name, version }: Projection, error: unknown, failures: number): void => {
  const of = { projection: name, version, failures, err: error }
  if (error instanceof TooManyPoisons) return log.error(of, 'a projection cannot apply too many events and stands: this needs another release')
  if (error instanceof Superseded) return log.warn(of, 'a newer release runs this projection')
  if (error instanceof Deposed) return log.info(of, 'the tables were made anew; going on with those')
  if (kindOf(error) === 'poison') return log.error(of, 'a projection stands before an event it cannot read')
  log.warn(of, 'a projection was interrupted and goes on from its checkpoint')
}
