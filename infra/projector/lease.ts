import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import { randomId } from '../ids.ts'
import type { Log } from '../log.ts'
import { migrate } from '../postgres/migrate.ts'
import type { Projection } from './projection.ts'

/** How a lease for one projection stands. */
export type Turn = {
  /** Resolves when it is this process's turn, with a signal that aborts when it is no more; null when all ends. */
  taken(): Promise<AbortSignal | null>
  /** Resolves to true while somebody asks for another build, to false when the turn or all ended. */
  asked(turn: AbortSignal): Promise<boolean>
}

export type Leases = { of(projection: Projection): Turn; /** Gives them back. */ readonly ended: Promise<void> }

const RENEW_MS = 1_000
/** A holder that is silent for so long has lost it. */
const LEASE_MS = 4_000

type Row = { readonly projection: string; readonly asked: boolean }

/**
 * One of several projectors reads for a projection, the others wait and ask once a second, in one statement for all. This
 * only saves work: one that was stopped for a while and still believes it is its turn is kept off by the checkpoint's fence.
 * While the database does not answer nothing changes hands.
 */
export const holdLeases = (db: Kysely<unknown>, projections: readonly Projection[], log: Log, signal: AbortSignal): Leases => {
  const holder = `${hostname()} ${process.pid} ${randomId()}`
  const turns = new Map(projections.map((projection) => [projection.name, ownTurn()]))
  const ended = (async () => {
    let migrated = false
    while (!signal.aborted) {
      try {
        if (!migrated) await migrate(db)
        migrated = true
        const held = new Map((await renew(db, projections, holder)).map((row) => [row.projection, row.asked]))
        for (const [name, turn] of turns) turn.set(held.has(name), held.get(name) ?? false)
      } catch (error) {
        migrated = false
        log.debug({ err: error }, 'the leases could not be renewed')
      }
      await sleep(RENEW_MS, undefined, { signal }).catch(() => undefined)
    }
    for (const turn of turns.values()) turn.end()
    await sql`delete from projector.lease where holder = ${holder}`.execute(db).catch((error: unknown) => log.debug({ err: error }, 'the leases end by themselves'))
  })()
  return {
    of: ({ name }) => turns.get(name) ?? ownTurn(),
    ended,
  }
}

/** Takes what nobody holds, keeps what it holds. Nobody waits for the disk: a lease that is lost with the database has run out. */
const renew = async (db: Kysely<unknown>, projections: readonly Projection[], holder: string): Promise<readonly Row[]> => {
  const { rows } = await sql<Row>`
    insert into projector.lease (projection, version, holder, until)
    select name, version, ${holder}, clock_timestamp() + ${LEASE_MS} * interval '1 millisecond'
    from unnest(${projections.map(({ name }) => name)}::text[], ${projections.map(({ version }) => version)}::integer[]) as wanted (name, version)
    where set_config('synchronous_commit', 'off', true) is not null
    order by name
    on conflict (projection, version) do update set holder = excluded.holder, until = excluded.until
    where lease.holder = excluded.holder or lease.until < clock_timestamp()
    returning projection, exists (
      select from projector.checkpoint as shown join projector.checkpoint as asked using (projection, version)
      where projection = lease.projection and version = lease.version and shown.active and asked.build > shown.build) as asked`.execute(db)
  return rows
}

type OwnTurn = Turn & { set(held: boolean, asked: boolean): void; end(): void }

const ownTurn = (): OwnTurn => {
  let turn: AbortController | null = null
  let isAsked = false
  let ended = false
  let change = Promise.withResolvers<void>()
  const tell = (): void => {
    change.resolve()
    change = Promise.withResolvers<void>()
  }
  return {
    set: (held, asked) => {
      if (held === (turn !== null) && asked === isAsked) return
      if (!held) turn?.abort(new Error('another projector reads for this projection now'))
      turn = held ? (turn ?? new AbortController()) : null
      isAsked = asked
      tell()
    },
    end: () => {
      ended = true
      tell()
    },
    taken: async () => {
      while (!turn && !ended) await change.promise
      return ended ? null : (turn?.signal ?? null)
    },
    asked: async (mine) => {
      while (!isAsked && !mine.aborted && !ended) await change.promise
      return isAsked && !mine.aborted && !ended
    },
  }
}
