import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { EventStore } from '../../event-store/port.ts'
import type { Running } from '../../local/running.ts'
import type { Log } from '../../log.ts'
import { connectPostgres, type Postgres } from '../../postgres/connect.ts'
import { migrate } from '../../postgres/migrate.ts'
import type { Projection } from '../../projector/projection.ts'
import { session } from '../../projector/session.ts'
import { dump } from '../../projector/testing.ts'

const REBUILT = 'chaos_rebuilt'
const PATIENCE_MS = 30_000

/** The rows of every read model are those of a build from the store alone, in a database of its own. */
export const deviatingReadModels = async ({ urls, pgpassFile }: Running, projections: readonly Projection[], store: EventStore, log: Log): Promise<{ readonly rows: number; readonly broken: readonly string[] }> => {
  const password = pgpassFile === null ? '' : (readFileSync(pgpassFile, 'utf8').trim().split(':')[4] ?? '')
  const url = new URL(urls.database)
  url.password = password
  const shown = connectPostgres({ DATABASE_URL: url.href }, log)
  await sql`create database ${sql.id(REBUILT)}`.execute(shown.db)
  url.pathname = `/${REBUILT}`
  const rebuilt = connectPostgres({ DATABASE_URL: url.href }, log)
  try {
    await migrate(rebuilt.db)
    for (const until = Date.now() + PATIENCE_MS; ; await sleep(500)) {
      for (const projection of projections) await session({ store, postgres: rebuilt, projection, follow: false })
      const found = await compared(projections, shown, rebuilt)
      if (found.broken.length === 0 || Date.now() > until) return found
    }
  } finally {
    await Promise.all([shown.close(), rebuilt.close()])
  }
}

const compared = async (projections: readonly Projection[], shown: Postgres, rebuilt: Postgres): Promise<{ readonly rows: number; readonly broken: readonly string[] }> => {
  const broken: string[] = []
  let rows = 0
  for (const projection of projections) {
    const [there, anew] = await Promise.all([dump(shown.db, projection), dump(rebuilt.db, projection)])
    for (const [table, wanted] of Object.entries(anew)) {
      rows += wanted.length
      const is = there[table] ?? []
      const [missing, more] = [wanted.filter((row) => !is.includes(row)), is.filter((row) => !wanted.includes(row))]
      if (missing.length + more.length + Math.abs(is.length - wanted.length) > 0) {
        broken.push(`${table}: ${is.length} rows, ${wanted.length} when built anew; lacks ${missing.slice(0, 2).join(' | ') || 'none'}; has beside ${more.slice(0, 2).join(' | ') || 'none'}`)
      }
    }
  }
  return { rows, broken }
}
