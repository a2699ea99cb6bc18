import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { sql } from 'kysely'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { streamCategory } from '../../events/envelope.ts'
import { projections } from '../../projections/index.ts'
import { eventsIn, happen, histories } from '../../projections/testing/histories.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import type { EventStore } from '../event-store/port.ts'
import { logger } from '../log.ts'
import { connectNats } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { connectPostgres } from '../postgres/connect.ts'
import { migrate } from '../postgres/migrate.ts'
import { end, startNats, type NatsServer } from '../testing/servers.ts'
import { catchUp } from './session.ts'
import { dump, startDatabase, type TestDatabase } from './testing.ts'

/** Several real projector processes on one broker and one database, under what happens to processes. */
let database: TestDatabase
let nats: NatsServer
let connection: NatsConnection
let store: EventStore
const children = new Set<ChildProcess>()

beforeAll(async () => {
  [database, nats] = await Promise.all([startDatabase(), startNats({ syncAlways: false })])
  connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'test')
  await ensureStreams(connection)
  store = await jetStreamEventStore({ nc: connection })
})
afterAll(async () => {
  await Promise.all([...children].map((child) => end(child, 'SIGKILL')))
  await connection.close()
  await Promise.all([database.stop(), nats.stop()])
})

const run = async (): Promise<ChildProcess> => {
  const child = spawn(process.execPath, ['infra/projector/main.ts'], {
    env: { ...process.env, NATS_URL: nats.url, SECRETS_DIR: nats.folder, DATABASE_URL: database.server.url, LOG_LEVEL: 'error' }, stdio: ['ignore', 'ignore', 'pipe'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  const lines = createInterface({ input: child.stderr ?? process.stdin })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => { if (line.includes('"ready":true')) resolve() })
    child.once('exit', () => reject(new Error('it ended before it was ready')))
  })
  return child
}
const kill = async (child: ChildProcess): Promise<void> => end(child, 'SIGKILL')

/** The processes that read now: ours that hold a lease which has not run out. */
const leaders = async (): Promise<readonly ChildProcess[]> => {
  const { rows } = await sql<{ pid: number }>`select distinct split_part(holder, ' ', 2)::integer as pid from projector.lease where until > clock_timestamp()`.execute(database.db)
  return [...children].filter(({ pid }) => rows.some((row) => row.pid === pid))
}
const leader = async (): Promise<ChildProcess> => {
  await expect.poll(async () => (await leaders()).length, { timeout: 30_000 }).toBeGreaterThan(0)
  return (await leaders())[0] ?? expect.fail('nobody leads')
}
const checkpoints = async () => new Map((await sql<{ projection: string; position: string | null; done: string }>`select projection, position, done from projector.progress where active`.execute(database.db)).rows.map((row) => [row.projection, row]))

/** Everything that is in the stream is applied. */
const applied = async (): Promise<void> => {
  const events = await eventsIn(store)
  await expect.poll(async () => {
    const now = await checkpoints().catch(() => new Map<string, { position: string | null }>())
    return projections.map(({ name }) => now.get(name)?.position ?? null)
  }, { timeout: 60_000, interval: 50 }).toEqual(projections.map(({ categories }) => events.findLast(({ stream }) => categories.includes(streamCategory(stream)))?.position ?? null))
}
/** The rows are those of a build from nothing in a database of its own, and every event was counted once. */
const asBuiltAnew = async (name: string): Promise<void> => {
  await sql`create database ${sql.id(name)}`.execute(database.db)
  const fresh = connectPostgres({ DATABASE_URL: database.server.url.replace(/postgres$/, name) }, logger('test', 'silent'))
  try {
    await migrate(fresh.db)
    for (const projection of projections) {
      await catchUp({ store, postgres: fresh, projection })
      expect(await dump(database.db, projection)).toEqual(await dump(fresh.db, projection))
    }
    const counts = await sql<{ projection: string; done: string }>`select projection, done from projector.progress`.execute(fresh.db)
    for (const { projection, done } of counts.rows) expect((await checkpoints()).get(projection)?.done).toBe(done)
  } finally {
    await fresh.close()
  }
}

/** Histories that go on until told to end. */
const living = (prefix: string): { end(): Promise<void> } => {
  let going = true
  const done = (async () => {
    for (const [round, steps] of fc.sample(histories, { numRuns: 500, seed: 11 }).entries()) {
      if (!going) return
      await happen(store, steps, `${prefix}${round}-`)
    }
  })()
  return { end: async () => { going = false; await done } }
}

test('whichever of three are killed, stopped for a while and gone on with, and PostgreSQL too: every event is applied once', async () => {
  await Promise.all([run(), run(), run()])
  const life = living('a')
  const random = fc.sample(fc.nat(400), { numRuns: 40, seed: 5 }).values()
  const pause = () => sleep(random.next().value ?? 100)

  for (let round = 0; round < 3; round += 1) {
    // the one that reads dies
    await pause()
    const dead = await leader()
    await kill(dead)
    await expect.poll(async () => (await leader()) !== dead, { timeout: 30_000 }).toBe(true)
    await run()
    await pause()

    // the one that reads stops, is succeeded, and goes on in the belief that it still reads
    const stopped = await leader()
    stopped.kill('SIGSTOP')
    await expect.poll(async () => (await leaders()).includes(stopped), { timeout: 30_000 }).toBe(false)
    await leader()
    await pause()
    stopped.kill('SIGCONT')
    await pause()
    if (round % 2 === 0) await database.server.restart()
    await kill([...children][round % children.size] ?? stopped)
    await run()
  }
  await life.end()
  await applied()
  await asBuiltAnew('after_kills')
}, 240_000)

test('one that ends in good order is succeeded at once', async () => {
  const [first, ...others] = [await leader(), ...(await leaders())]
  expect(others).toHaveLength(1)
  await end(first)
  expect(first.exitCode).toBe(0)
  await expect.poll(async () => (await leader()) !== first, { timeout: 30_000 }).toBe(true)
})
