import { setTimeout as sleep } from 'node:timers/promises'
import { kindOf, type CatalogueError } from '../../events/errors.ts'
import type { EventStore } from '../event-store/port.ts'
import type { Log } from '../log.ts'
import { migrate } from '../postgres/migrate.ts'
import type { Postgres } from '../postgres/connect.ts'
import { PoisonEvent } from './apply.ts'
import { Superseded } from './checkpoint.ts'
import type { Projection } from './projection.ts'
import { session } from './session.ts'

export type ProjectorOptions = {
  readonly store: EventStore
  readonly postgres: Postgres
  readonly projections: readonly Projection[]
  readonly log: Log
  readonly batchSize?: number
  readonly identityCheckMs?: number
  /** Longest wait before a failed projection is tried again, milliseconds. */
  readonly maxBackoffMs?: number
}

export type ProjectionStatus = {
  readonly name: string
  readonly version: number
  readonly state: 'starting' | 'catching up' | 'live' | 'failing'
  /** Of the newest event applied; null before the first. */
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
 * An event that cannot be applied is never skipped: its projection stands before it, loudly, until a release can.
 */
export const startProjector = (options: ProjectorOptions): Projector => {
  const stop = new AbortController()
  const runners = options.projections.map((projection) => runner(projection, options, stop.signal))
  const ended = Promise.all(runners.map(({ ended }) => ended))
  return {
    ready: Promise.all(runners.map(({ ready }) => ready)).then(() => undefined),
    status: () => runners.map(({ status }) => status()),
    close: async () => {
      stop.abort()
      await ended
    },
  }
}

const runner = (projection: Projection, { store, postgres, log, batchSize, identityCheckMs, maxBackoffMs = 15_000 }: ProjectorOptions, signal: AbortSignal) => {
  const { name, version } = projection
  let status: ProjectionStatus = { name, version, state: 'starting', position: null, reason: null }
  const ready = Promise.withResolvers<void>()
  let failures = 0
  const on = {
    prepared: (position: string | null) => {
      status = { ...status, position, state: status.state === 'failing' ? 'failing' : 'catching up' }
      ready.resolve()
    },
    applied: (position: string) => {
      failures = 0
      status = { name, version, position, state: status.state === 'live' ? 'live' : 'catching up', reason: null }
    },
    passedOver: (reason: CatalogueError, position: string) => log.error({ projection: name, position, reason: reason.message }, 'no event: passed over'),
    caughtUp: () => {
      failures = 0
      status = { ...status, state: 'live', reason: null }
      log.info({ projection: name, version, position: status.position }, 'projection is up to date')
    },
  }
  const settings = { ...(batchSize === undefined ? {} : { batchSize }), ...(identityCheckMs === undefined ? {} : { identityCheckMs }) }

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await migrate(postgres.db)
        await session({ store, postgres, projection, follow: true, signal, on, ...settings })
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        status = { ...status, state: 'failing', reason: error instanceof Error ? error.message : String(error) }
        report(log, projection, error, failures)
        await sleep(backoff(failures, maxBackoffMs), undefined, { signal }).catch(() => undefined)
      }
    }
  }
  return { ready: ready.promise, ended: run(), status: () => status }
}

/** Half to all of a window that doubles with each failure in a row. */
const backoff = (failures: number, max: number): number =>
  Math.min(max, MIN_BACKOFF_MS * 2 ** Math.min(failures - 1, 20)) * (0.5 + Math.random() / 2)

const report = (log: Log, { name, version }: Projection, error: unknown, failures: number): void => {
  const of = { projection: name, version, failures, err: error }
  if (error instanceof PoisonEvent) {
    const { type, id, stream, revision, position, version: schema } = error.event
    return log.error({ ...of, event: { type, id, stream, revision, position, schema } }, 'a projection stands before an event it cannot apply')
  }
  if (error instanceof Superseded) return log.error(of, 'a newer release runs this projection')
  if (kindOf(error) === 'poison') return log.error(of, 'a projection stands before an event it cannot read')
  log.warn(of, 'a projection was interrupted and goes on from its checkpoint')
}
