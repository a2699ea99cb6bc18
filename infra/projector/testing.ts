import { sql, type Kysely } from 'kysely'
import { logger } from '../log.ts'
import { connectPostgres, type Postgres } from '../postgres/connect.ts'
import { migrate } from '../postgres/migrate.ts'
import { startPostgres, type PostgresServer } from '../testing/servers.ts'
import type { Projection } from './projection.ts'

type Database = Kysely<unknown>

/** A PostgreSQL of its own with the projector's tables, for one test file. */
export type TestDatabase = { readonly server: PostgresServer; readonly postgres: Postgres; readonly db: Database; stop(): Promise<void> }

export const startDatabase = async (): Promise<TestDatabase> => {
  const server = await startPostgres()
  const postgres = connectPostgres({ DATABASE_URL: server.url }, logger('test', 'silent'))
  await migrate(postgres.db)
  return {
    server, postgres, db: postgres.db,
    stop: async () => {
      await postgres.close()
      await server.stop()
    },
  }
}

/** All rows that the stable names of a projection show, as text, in a fixed order. */
export const dump = async (db: Database, projection: Projection): Promise<Record<string, readonly string[]>> =>
  Object.fromEntries(await Promise.all(Object.keys(projection.tables).map(async (name) => {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.id(name)} as t order by 1`.execute(db)
    return [name, rows.map(({ row }) => row)] as const
  })))

/** The plan of a query, one line a node. */
export const planOf = async (db: Database, { sql: text, parameters }: { readonly sql: string; readonly parameters: readonly unknown[] }): Promise<readonly string[]> => {
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': string }>({ ...sql`select 1`.compile(db), sql: `explain ${text}`, parameters })
  return rows.map((row) => row['QUERY PLAN'])
}
