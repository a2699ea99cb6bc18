import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listDeployments } from '../../projections/deployments/queries.ts'
import { end, startNats, type NatsServer } from '../testing/servers.ts'
import { startDatabase, type TestDatabase } from './testing.ts'

let database: TestDatabase
let nats: NatsServer
let child: ChildProcess | undefined

beforeAll(async () => { [database, nats] = await Promise.all([startDatabase(), startNats()]) })
afterAll(async () => {
  if (child) await end(child)
  await Promise.all([database.stop(), nats.stop()])
})

const run = (environment: Record<string, string>) =>
  spawn(process.execPath, ['infra/projector/main.ts'], { env: { ...process.env, NATS_URL: nats.url, SECRETS_DIR: nats.folder, LOG_LEVEL: 'info', ...environment }, stdio: ['ignore', 'ignore', 'pipe'] })

test('the process says when it is ready, even when the database comes after it, and ends when asked to', async () => {
  await database.server.kill()
  child = run({ DATABASE_URL: database.server.url })
  const lines = createInterface({ input: child.stderr ?? process.stdin })
  const ready = (async () => { for await (const line of lines) if ((JSON.parse(line) as { ready?: boolean }).ready) return true })()
  await database.server.restart()
  expect(await ready).toBe(true)
  expect(await listDeployments(database.db)).toEqual({ items: [], next: null })
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

test('without a database to connect to it ends with a reason', async () => {
  child = run({ DATABASE_URL: '' })
  const [said, [code]] = await Promise.all([child.stderr?.toArray(), once(child, 'exit')])
  expect(code).toBe(1)
  expect(Buffer.concat(said ?? []).toString()).toContain('DATABASE_URL is empty')
})
