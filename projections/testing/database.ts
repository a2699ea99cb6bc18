import { sql, type Kysely } from 'kysely'
import { logger } from '../../infra/log.ts'
import { connectPostgres, type Postgres } from '../../infra/postgres/connect.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { startPostgres, type PostgresServer } from '../../infra/testing/servers.ts'
import type { Projection } from '../../infra/projector/projection.ts'
import type { ReadModels } from '../read-model.ts'

/** A PostgreSQL of its own with the projector's tables, for one test file. */
export type TestDatabase = { readonly server: PostgresServer; readonly postgres: Postgres; readonly db: ReadModels; stop(): Promise<void> }

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
export const dump = async (db: ReadModels, projection: Projection): Promise<Record<string, readonly string[]>> =>
  Object.fromEntries(await Promise.all(Object.keys(projection.tables).map(async (name) => {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.id(name)} as t order by 1`.execute(db)
    return [name, rows.map(({ row }) => row)] as const
  })))

/** Node types of a plan, as EXPLAIN names them. */
export const planOf = async (db: ReadModels, { sql: text, parameters }: { readonly sql: string; readonly parameters: readonly unknown[] }): Promise<readonly string[]> => {
  const pool = db as Kysely<unknown>
  const { rows } = await pool.executeQuery<{ 'QUERY PLAN': string }>({ ...sql`select 1`.compile(pool), sql: `explain ${text}`, parameters })
  return rows.map((row) => row['QUERY PLAN'])
}
