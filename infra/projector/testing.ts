import { createQueryId, sql, type Kysely, type RootOperationNode } from 'kysely'
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

/** Runs queries and gives the plan of each, one line a node, as PostgreSQL chose it for these parameters. */
export const plansOf = async (db: Database, run: (db: Database) => Promise<unknown>): Promise<readonly (readonly string[])[]> => {
  const nodes: RootOperationNode[] = []
  await run(db.withPlugin({ transformQuery: ({ node }) => { nodes.push(node); return node }, transformResult: async ({ result }) => result }))
  return Promise.all(nodes.map(async (node) => {
    const query = db.getExecutor().compileQuery(node, createQueryId())
    const { rows } = await db.executeQuery<{ 'QUERY PLAN': string }>({ ...query, sql: `explain ${query.sql}` })
    return rows.map((row) => row['QUERY PLAN'])
  }))
}
