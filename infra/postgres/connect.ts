import { readFileSync } from 'node:fs'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'

/** PostgreSQL as the parts use it. Read models only: whatever is in it can be made again from the event store. */
export type Postgres = {
  /** A pool for queries; `withTables` gives it the types of the tables that are read. */
  readonly db: Kysely<unknown>
  /** A connection of one's own, whose unqualified names are looked up in `schema` first. The caller ends it. */
  dedicated(schema: string): Promise<pg.Client>
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 5_000
/** Longest time a query of the pool may take; those of `dedicated` may take longer (indexes of a rebuild). */
const STATEMENT_TIMEOUT_MS = 15_000
/** Read models lie in memory or on flash; with the default of 4, a turning disk's, the planner reads whole tables (manual, 19.7.2). */
const PLANNER = '-c random_page_cost=1.1'

/**
 * Connects lazily: the first query says whether the server is there, and a restarted server is found again.
 * @throws Error when DATABASE_URL is empty
 */
export const connectPostgres = ({ DATABASE_URL, DATABASE_PASSWORD_FILE = '' }: Pick<Config, 'DATABASE_URL'> & Partial<Pick<Config, 'DATABASE_PASSWORD_FILE'>>, log: Log): Postgres => {
  if (!DATABASE_URL) throw new Error('DATABASE_URL is empty; npm start sets it for its parts')
  const common = { connectionString: withPassword(DATABASE_URL, DATABASE_PASSWORD_FILE), connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true }
  const pool = new pg.Pool({ ...common, statement_timeout: STATEMENT_TIMEOUT_MS, max: 10, options: PLANNER })
  // a pooled connection that dies while idle is replaced by the pool; without a listener it would end the process
  pool.on('error', (error) => log.warn({ err: error }, 'an idle connection to PostgreSQL was lost'))
  // and so would one that dies while it is out of the pool, between two queries of a transaction: the next query says it
  const lost = (error: Error): void => log.debug({ err: error }, 'a connection to PostgreSQL was lost')
  pool.on('connect', (client) => void client.on('error', lost))
  return {
    db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }),
    dedicated: async (schema) => {
      const client = new pg.Client(common)
      // whoever listens decides what a lost connection means; the query in flight is rejected in any case. Before it connects:
      // the end may come in the same breath as the beginning
      client.on('error', lost)
      await client.connect()
      await client.query(SESSION, [`${pg.escapeIdentifier(schema)}, public`])
      return client
    },
    close: () => pool.end(),
  }
}

/** Unless the URL has one. @throws Error when the file cannot be read */
const withPassword = (text: string, file: string): string => {
  if (file === '') return text
  const url = new URL(text)
  if (url.password === '') url.password = readFileSync(file, 'utf8').trimEnd()
  return url.href
}

// Rows and checkpoint are lost together or not at all and are made again from the stream, so nobody waits for the disk.
// transaction_timeout (PostgreSQL 17): a projector stopped in the middle of a transaction does not hold the others up.
const SESSION = `
  select set_config('search_path', $1, false), set_config('synchronous_commit', 'off', false),
    (select set_config(name, '15s', false) from pg_settings where name = 'transaction_timeout')`
