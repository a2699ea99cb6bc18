import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fc from 'fast-check'
import { sql } from 'kysely'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deployments } from '../../projections/deployments/project.ts'
import { projections } from '../../projections/index.ts'
import { happen, histories } from '../../projections/testing/histories.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import type { EventStore } from '../event-store/port.ts'
import { logger } from '../log.ts'
import { connectNats } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { parkLetters } from './letters.ts'
import { startProjector } from './run.ts'
import { catchUp } from './session.ts'
import { dump, startDatabase, type TestDatabase } from './testing.ts'

let database: TestDatabase
let nats: NatsServer
let connection: NatsConnection
let store: EventStore
beforeAll(async () => {
  [database, nats] = await Promise.all([startDatabase(), startNats({ syncAlways: false })])
  connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'test')
  await ensureStreams(connection)
  store = await jetStreamEventStore({ nc: connection })
  await happen(store, fc.sample(histories, { numRuns: 1, seed: 3 })[0] ?? [])
  for (const projection of projections) await catchUp({ store, postgres: database.postgres, projection })
})
afterAll(async () => {
  await connection.close()
  await Promise.all([database.stop(), nats.stop()])
})

const rebuild = async (...args: readonly string[]): Promise<{ readonly code: unknown; readonly said: string }> => {
  const child = spawn(process.execPath, ['infra/projector/rebuild.ts', ...args], {
    env: { ...process.env, NATS_URL: nats.url, SECRETS_DIR: nats.folder, DATABASE_URL: database.server.url }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, [code]] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), once(child, 'exit')])
  return { code, said: Buffer.concat([...out, ...err]).toString() }
}
const spoil = () => sql`update deployments set name = 'spoilt'`.execute(database.db)
const builds = async () => new Map((await sql<{ projection: string; build: number }>`select projection, build from projector.progress where active`.execute(database.db)).rows.map(({ projection, build }) => [projection, build]))

test('where no projector runs the command builds what it is asked for', async () => {
  const before = await dump(database.db, deployments)
  await spoil()
  const { code, said } = await rebuild('deployments')
  expect(said).toContain('no projector runs')
  expect(said).toMatch(/deployments: built from \d+ events and shown\n$/)
  expect(code).toBe(0)
  expect(await dump(database.db, deployments)).toEqual(before)
  expect(await builds()).toEqual(new Map(projections.map(({ name }) => [name, name === 'deployments' ? 1 : 0])))
})

test('a running projector does it, all of them when none is named', async () => {
  const before = await dump(database.db, deployments)
  await spoil()
  const built = await builds()
  const projector = startProjector({ store, postgres: database.postgres, projections, park: await parkLetters(connection), log: logger('test', 'silent') })
  await projector.ready
  await expect.poll(() => projector.status().every(({ state }) => state === 'live'), { timeout: 30_000 }).toBe(true)
  const { code, said } = await rebuild()
  expect(said).not.toContain('no projector runs')
  expect(code).toBe(0)
  expect(await dump(database.db, deployments)).toEqual(before)
  expect(await builds()).toEqual(new Map([...built].map(([name, build]) => [name, build + 1])))
  await projector.close()
})

test.each([[['--help'], 0, 'Exit code:'], [['nonsense'], 2, 'unknown: nonsense'], [['--nonsense'], 2, 'nonsense']])('%j ends with %d', async (args, code, text) => {
  expect(await rebuild(...args)).toMatchObject({ code, said: expect.stringContaining(text) })
})
