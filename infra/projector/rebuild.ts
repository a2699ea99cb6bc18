import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import { projections } from '../../projections/index.ts'
import { readConfig, type Config } from '../config.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { findRunning } from '../local/running.ts'
import { logger } from '../log.ts'
import { connectNats } from '../nats/connect.ts'
import { connectPostgres, type Postgres } from '../postgres/connect.ts'
import { migrate } from '../postgres/migrate.ts'
import { requestBuild } from './checkpoint.ts'
import { parkLetters } from './letters.ts'
import type { Projection } from './projection.ts'
import { catchUp } from './session.ts'

const HELP = `npm run rebuild [-- PROJECTION...]

Builds read models anew from the event stream, beside those that are shown, which go on until one transaction switches. Parked
events are applied again by that. The running projector does it; when none runs, this command does. Ended early (Ctrl-C) while a
projector runs, it is built all the same. Uses the playground of DATA_DIR, else DATABASE_URL and NATS_URL.

Projections: ${projections.map(({ name }) => name).join(', ')}; all of them when none is named.
Exit code: 0 built and shown, 1 not, 2 usage.
`

/** How often it looks how far it is, and how long nothing may move. */
const LOOK_MS = 1_000
const STALLED_MS = 60_000
const TELL_MS = 5_000

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const settings = (): Config => {
  const config = readConfig()
  const running = findRunning(config.DATA_DIR)
  if (!running || config.DATABASE_URL) return config
  if (running.pgpassFile) process.env['PGPASSFILE'] ??= running.pgpassFile
  return { ...config, NATS_URL: running.urls.nats, SECRETS_DIR: running.secretsDir, DATABASE_URL: URL.canParse(running.urls.database) ? running.urls.database : '' }
}

type Seen = { readonly active: boolean; readonly done: string; readonly total: string | null; readonly rate: number | null; readonly seconds_left: string | null; readonly parked: string; readonly served: boolean | null }

/** The build that was asked for, or one after it; null when neither is there. */
const look = async (db: Kysely<unknown>, { name, version }: Projection, build: number): Promise<Seen | null> => {
  const { rows } = await sql<Seen>`
    select active, done, total, rate, seconds_left, parked, served from projector.progress
    where projection = ${name} and version = ${version} and build >= ${build} order by build limit 1`.execute(db)
  return rows[0] ?? null
}

/** Waits until it is shown, and does it where nobody else does. @throws Error when it does not come about */
const follow = async (projection: Projection, build: number, postgres: Postgres, alone: (projection: Projection) => Promise<void>): Promise<void> => {
  let [moved, told, before] = [Date.now(), 0, '']
  for (;;) {
    const seen = await look(postgres.db, projection, build)
    if (!seen) throw new Error(`${projection.name}: another release has dropped this build`)
    if (seen.active) return say(`${projection.name}: built from ${seen.done} events and shown${seen.parked === '0' ? '' : `; it lacks ${seen.parked} that cannot be applied (GET /api/parked)`}`)
    if (!seen.served) {
      say(`${projection.name}: no projector runs; building it here`)
      await alone(projection)
      continue
    }
    if (seen.done !== before) [moved, before] = [Date.now(), seen.done]
    if (Date.now() - moved > STALLED_MS) throw new Error(`${projection.name}: nothing has moved for ${STALLED_MS / 1_000} s; the projector's log says why`)
    if (Date.now() - told >= TELL_MS) {
      told = Date.now()
      say(`${projection.name}: ${seen.done} of ${seen.total ?? '?'} events${seen.rate ? `, ${Math.round(seen.rate)} a second` : ''}${seen.seconds_left === null ? '' : `, ${seen.seconds_left} s left`}`)
    }
    await sleep(LOOK_MS)
  }
}

const here = async (config: Config, postgres: Postgres, projection: Projection): Promise<void> => {
  const nc = await connectNats(config, 'rebuild')
  try {
    const progress = ({ done, total, rate }: { readonly done: number; readonly total: number | null; readonly rate: number }) => say(`${projection.name}: ${done} of ${total ?? '?'} events, ${rate} a second`)
    const store = await jetStreamEventStore({ nc, replicas: config.NATS_REPLICAS })
    await catchUp({ store, postgres, projection, which: 'next', park: await parkLetters(nc), on: { progress } })
  } finally {
    await nc.close()
  }
}

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) return process.stdout.write(HELP), 0
  const unknown = positionals.filter((name) => !projections.some((projection) => projection.name === name))
  if (unknown.length > 0) return process.stderr.write(`unknown: ${unknown.join(', ')}\n\n${HELP}`), 2
  const config = settings()
  const postgres = connectPostgres(config, logger('rebuild', 'error'))
  try {
    await migrate(postgres.db)
    const asked: (readonly [Projection, number])[] = []
    for (const projection of projections.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
      const build = await requestBuild(postgres.db, projection)
      if (build) asked.push([projection, build.build])
      else say(`${projection.name}: it was never built; the first projector that runs does that`)
    }
    for (const [projection, build] of asked) await follow(projection, build, postgres, (one) => here(config, postgres, one))
    return 0
  } finally {
    await postgres.close()
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS') ? 2 : 1
})
