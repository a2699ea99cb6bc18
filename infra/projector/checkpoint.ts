import { sql, type Kysely, type Transaction } from 'kysely'
import { schemaOf, type Projection } from './projection.ts'

export type Checkpoint = {
  /** Of the newest event applied; null before the first. */
  readonly position: string | null
  /** Whether the stable names show this version. */
  readonly active: boolean
}

/** A newer version has taken over for good: this release has nothing to do for the projection. */
export class Superseded extends Error {
  override readonly name = 'Superseded'
}

type Tables = {
  'projector.checkpoint': { projection: string; version: number; store: string; position: string | null; active: boolean }
}
type Writer = Transaction<Tables>

/**
 * Makes the tables of a projection's version ready and says where to go on. Tables of another store (`identity` differs) and
 * missing ones are made anew, empty, and shown at once; those of a new version are shown when `activate` says so.
 * @throws Superseded
 */
export const prepare = (db: Kysely<unknown>, projection: Projection, identity: string): Promise<Checkpoint> =>
  alone(db, projection, async (tx) => {
    const known = await tx.selectFrom('projector.checkpoint').selectAll().where('projection', '=', projection.name).execute()
    const newer = known.find((row) => row.active && row.version > projection.version)
    if (newer) throw new Superseded(`${projection.name}: version ${newer.version} is active, this is ${projection.version}`)
    const own = known.find((row) => row.version === projection.version)
    if (own?.store === identity && (await exists(tx, projection))) return { position: own.position, active: own.active }

    await create(tx, projection)
    const fresh = { projection: projection.name, version: projection.version, store: identity, position: null, active: false }
    await tx.insertInto('projector.checkpoint').values(fresh)
      .onConflict((conflict) => conflict.columns(['projection', 'version']).doUpdateSet(fresh)).execute()
    // rows of an older version are better than none while this one is built, unless they are of another store
    const older = known.some((row) => row.active && row.version < projection.version && row.store === identity)
    if (!older) await show(tx, projection)
    return { position: null, active: !older }
  })

/** Lets the stable names show this version, and drops the older ones. Said twice, done once. @throws Superseded */
export const activate = (db: Kysely<unknown>, projection: Projection): Promise<void> =>
  alone(db, projection, async (tx) => {
    const own = tx.selectFrom('projector.checkpoint').select('active').where('projection', '=', projection.name).where('version', '=', projection.version)
    const checkpoint = await own.executeTakeFirst()
    if (!checkpoint) throw new Superseded(`${projection.name}: version ${projection.version} was dropped`)
    if (!checkpoint.active) await show(tx, projection)
  })

/** Where a version stands now; null when it was dropped or is of another store. */
export const positionOf = async (db: Kysely<unknown>, { name, version }: Projection, identity: string): Promise<{ readonly position: string | null } | null> =>
  (await db.withTables<Tables>().selectFrom('projector.checkpoint').select('position')
    .where('projection', '=', name).where('version', '=', version).where('store', '=', identity).executeTakeFirst()) ?? null

/** In a transaction, one projector at a time for each projection. */
const alone = <Result>(db: Kysely<unknown>, { name }: Projection, act: (tx: Writer) => Promise<Result>): Promise<Result> =>
  db.withTables<Tables>().transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`projection ${name}`}, 0))`.execute(tx)
    return act(tx)
  })

const exists = async (tx: Writer, projection: Projection): Promise<boolean> => {
  const names = Object.keys(projection.tables).map((name) => `${schemaOf(projection)}.${name}`)
  const { rows } = await sql<{ there: boolean }>`select bool_and(to_regclass(name) is not null) as there from unnest(${names}::text[]) as name`.execute(tx)
  return rows[0]?.there === true
}

const create = async (tx: Writer, projection: Projection): Promise<void> => {
  const schema = schemaOf(projection)
  await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(tx)
  await sql`create schema ${sql.id(schema)}`.execute(tx)
  for (const [name, { columns, indexes }] of Object.entries(projection.tables)) {
    await sql`create table ${sql.id(schema, name)} (${sql.raw(columns)})`.execute(tx)
    for (const index of indexes) await sql`create index on ${sql.id(schema, name)} ${sql.raw(index)}`.execute(tx)
  }
}

const show = async (tx: Writer, projection: Projection): Promise<void> => {
  for (const name of Object.keys(projection.tables)) {
    await sql`drop view if exists ${sql.id(name)}`.execute(tx)
    await sql`create view ${sql.id(name)} as select * from ${sql.id(schemaOf(projection), name)}`.execute(tx)
  }
  const older = await tx.deleteFrom('projector.checkpoint').where('projection', '=', projection.name)
    .where('version', '<', projection.version).returning('version').execute()
  for (const { version } of older) await sql`drop schema if exists ${sql.id(schemaOf({ name: projection.name, version }))} cascade`.execute(tx)
  await tx.updateTable('projector.checkpoint').set({ active: true }).where('projection', '=', projection.name).where('version', '=', projection.version).execute()
}
