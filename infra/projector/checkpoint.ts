import { randomUUID } from 'node:crypto'
import { sql, type ColumnType, type Kysely, type Transaction } from 'kysely'
import { comparePositions } from '../event-store/port.ts'
import type { History } from './history.ts'
import { schemaOf, type Projection } from './projection.ts'

export type Checkpoint = {
  /** Which making of the tables: the fence. */
  readonly made: string
  readonly build: number
  /** Of the newest event applied, and its id; null before the first. */
  readonly position: string | null
  readonly eventId: string | null
  /** How many events were applied or parked. */
  readonly applied: number
  /** Whether the stable names show this build. */
  readonly active: boolean
}

/** The build that is shown, or is to be once it has caught up; or one beside it, made because somebody asked for it. */
export type Which = 'shown' | 'next'

/** A newer version has taken over for good: this release has nothing to do for the projection. */
export class Superseded extends Error {
  override readonly name = 'Superseded'
}

/** The tables were dropped or made anew by somebody else: prepare again. */
export class Deposed extends Error {
  override readonly name = 'Deposed'
}

type CheckpointRow = {
  projection: string; version: number; build: number; made: string; store: string; position: string | null; event_id: string | null
  applied: ColumnType<string, number | undefined, number>; total: ColumnType<string | null, number | null | undefined, number | null>
  rate: number | null; caught_up_at: ColumnType<Date | null, undefined>; active: boolean
}
/** The runner's own tables, as far as they are written with a query builder. */
export type ProjectorTables = { 'projector.checkpoint': CheckpointRow }
type Writer = Transaction<ProjectorTables>
type Found = Pick<CheckpointRow, 'build' | 'made' | 'store' | 'position' | 'event_id' | 'version' | 'active'> & { applied: string }

/**
 * Makes the tables of a build ready and says where to go on. Tables of another history and missing ones are made anew, empty,
 * and shown at once; those of a new version or build are shown when `activate` says so. Null when `next` was asked for by nobody.
 * @throws Superseded, and what reading the history throws
 */
export const prepare = async (db: Kysely<unknown>, projection: Projection, history: History, which: Which): Promise<Checkpoint | null> => {
  // looked up in the store before the lock: others need not wait for a broker
  const seen = choose(await rowsOf(db.withTables<ProjectorTables>(), projection), projection, which)
  const intact = !seen || (seen.store === history.identity && (await history.holds({ position: seen.position, eventId: seen.event_id })))
  return await alone(db, projection, async (tx) => {
    const known = await rowsOf(tx, projection)
    const newer = known.find((row) => row.active && row.version > projection.version)
    if (newer) throw new Superseded(`${projection.name}: version ${newer.version} is active, this is ${projection.version}`)
    const own = choose(known, projection, which)
    if (!own && which === 'next') return null
    const same = own && own.store === history.identity && (own.made !== seen?.made || intact)
    if (own && same && (await exists(tx, projection, own.build))) return checkpointOf(own)

    const fresh = { made: randomUUID(), build: own?.build ?? 0, position: null, eventId: null, applied: 0 }
    await create(tx, projection, fresh.build)
    await tx.deleteFrom('projector.checkpoint').where('projection', '=', projection.name).where('version', '=', projection.version).where('build', '=', fresh.build).execute()
    await tx.insertInto('projector.checkpoint').values({
      projection: projection.name, version: projection.version, build: fresh.build, made: fresh.made, store: history.identity,
      position: null, event_id: null, rate: null, active: false,
    }).execute()
    // older rows are better than none while these are built, unless they are of another history
    const older = known.some((row) => row.active && row.made !== own?.made && row.store === history.identity)
    if (!older) await show(tx, projection, fresh.build)
    return { ...fresh, active: !older }
  })
}

/**
 * Lets the stable names show this build, and drops the older ones. Said twice, done once. False when the one that is shown has
 * come further: read on, then try again, or say `behind: 'accepted'`. @throws Deposed, Superseded
 */
export const activate = (db: Kysely<unknown>, projection: Projection, { made, build }: Checkpoint, behind: 'refused' | 'accepted' = 'accepted'): Promise<boolean> =>
  alone(db, projection, async (tx) => {
    // locked, so that none of them advances meanwhile
    const known = await rowsOf(tx, projection, true)
    const own = known.find((row) => row.made === made)
    if (!own) throw new Deposed(`${projection.name}: version ${projection.version} build ${build} was dropped or made anew`)
    if (own.active) return true
    const shown = known.find((row) => row.active)
    if (shown && shown.version > own.version) throw new Superseded(`${projection.name}: version ${shown.version} is active, this is ${own.version}`)
    if (behind === 'refused' && shown?.position && shown.store === own.store && (own.position === null || comparePositions(own.position, shown.position) < 0)) return false
    await show(tx, projection, build)
    return true
  })

/** Where a making of the tables stands now; null when it is no more. */
export const positionOf = async (db: Kysely<unknown>, made: string): Promise<Pick<Checkpoint, 'position' | 'eventId' | 'applied'> | null> => {
  const row = await db.withTables<ProjectorTables>().selectFrom('projector.checkpoint').select(['position', 'event_id', 'applied']).where('made', '=', made).executeTakeFirst()
  return row ? { position: row.position, eventId: row.event_id, applied: Number(row.applied) } : null
}

/** Asks for the active version to be built again beside itself; asked again before it is shown, it is the same. Null when it was never built. */
export const requestBuild = (db: Kysely<unknown>, projection: Projection): Promise<{ readonly made: string; readonly build: number } | null> =>
  alone(db, projection, async (tx) => {
    const known = await rowsOf(tx, projection)
    const newer = known.find((row) => row.active && row.version > projection.version)
    if (newer) throw new Superseded(`${projection.name}: version ${newer.version} is active, this release has ${projection.version}`)
    const shown = choose(known, projection, 'shown')
    const asked = choose(known, projection, 'next')
    if (!shown || asked || !shown.active) return asked ?? shown ?? null
    const next = { made: randomUUID(), build: shown.build + 1 }
    await tx.insertInto('projector.checkpoint').values({
      projection: projection.name, version: projection.version, ...next, store: shown.store, position: null, event_id: null, rate: null, active: false,
    }).execute()
    return next
  })

const rowsOf = (db: Kysely<ProjectorTables>, { name }: Projection, locked = false): Promise<Found[]> =>
  db.selectFrom('projector.checkpoint').select(['version', 'build', 'made', 'store', 'position', 'event_id', 'applied', 'active'])
    .where('projection', '=', name).orderBy('version').orderBy('build').$if(locked, (query) => query.forUpdate()).execute()

/** Of this version: the build that is shown, else the newest; or the one to come. */
const choose = (known: readonly Found[], { version }: Projection, which: Which): Found | undefined => {
  const own = known.filter((row) => row.version === version)
  const shown = own.find((row) => row.active)
  if (which === 'shown') return shown ?? own.at(-1)
  return shown && own.findLast((row) => row.build > shown.build)
}

const checkpointOf = ({ made, build, position, event_id: eventId, applied, active }: Found): Checkpoint => ({ made, build, position, eventId, applied: Number(applied), active })

/** In a transaction, one projector at a time for each projection. */
const alone = <Result>(db: Kysely<unknown>, { name }: Projection, act: (tx: Writer) => Promise<Result>): Promise<Result> =>
  db.withTables<ProjectorTables>().transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`projection ${name}`}, 0))`.execute(tx)
    return act(tx)
  })

const exists = async (tx: Writer, projection: Projection, build: number): Promise<boolean> => {
  const names = Object.keys(projection.tables).map((name) => `${schemaOf(projection, build)}.${name}`)
  const { rows } = await sql<{ there: boolean }>`select bool_and(to_regclass(name) is not null) as there from unnest(${names}::text[]) as name`.execute(tx)
  return rows[0]?.there === true
}

const create = async (tx: Writer, projection: Projection, build: number): Promise<void> => {
  const schema = schemaOf(projection, build)
  await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(tx)
  await sql`create schema ${sql.id(schema)}`.execute(tx)
  for (const [name, { columns, indexes }] of Object.entries(projection.tables)) {
    await sql`create table ${sql.id(schema, name)} (${sql.raw(columns)})`.execute(tx)
    for (const index of indexes) await sql`create index on ${sql.id(schema, name)} ${sql.raw(index)}`.execute(tx)
  }
}

/** The views of the stable names, and no build before this one any more. */
const show = async (tx: Writer, projection: Projection, build: number): Promise<void> => {
  for (const name of Object.keys(projection.tables)) {
    await sql`drop view if exists ${sql.id(name)}`.execute(tx)
    await sql`create view ${sql.id(name)} as select * from ${sql.id(schemaOf(projection, build), name)}`.execute(tx)
  }
  const older = await tx.deleteFrom('projector.checkpoint').where('projection', '=', projection.name)
    .where(sql<boolean>`(version, build) < (${projection.version}::integer, ${build}::integer)`).returning(['version', 'build']).execute()
  for (const { version, build: before } of older) await sql`drop schema if exists ${sql.id(schemaOf({ name: projection.name, version }, before))} cascade`.execute(tx)
  await tx.updateTable('projector.checkpoint').set({ active: true })
    .where('projection', '=', projection.name).where('version', '=', projection.version).where('build', '=', build).execute()
}
