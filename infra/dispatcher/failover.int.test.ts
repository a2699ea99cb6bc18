import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { until } from '../event-store/contract-fixtures.ts'
import { lookAt } from '../nats/look.ts'
import { overflowed } from '../nats/overflow/stats.ts'
import { ensureStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { wireHeaders } from '../nats/wire.ts'
import { end, startNats, type NatsServer } from '../testing/servers.ts'
import { CREDENTIALS, KEY, problem, TestGateway } from './testing/gateway.ts'

let folder: string
let gateway: TestGateway
let nats: NatsServer
let connection: NatsConnection
let jsm: JetStreamManager
const running = new Set<ChildProcess>()
/** How many events each aggregate has. */
const published = new Map<string, number>()

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-failover-'))
  const secrets = { 'basic-auth-user': CREDENTIALS.user, 'basic-auth-password': CREDENTIALS.password, 'signing-key': KEY }
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, name), `${value}\n`, { mode: 0o600 })
  nats = await startNats({ syncAlways: false })
  gateway = await new TestGateway().start()
  connection = await connect({ servers: nats.url })
  jsm = await jetstreamManager(connection)
  await ensureStreams(connection)
})
afterEach(async () => {
  await Promise.all([...running].map((child) => end(child, 'SIGKILL')))
  running.clear()
  published.clear()
  await connection.close()
  await gateway.stop()
  await nats.stop()
  rmSync(folder, { recursive: true })
})

/** A dispatcher in a process of its own, once it hears for its functions. */
const start = async (): Promise<ChildProcess> => {
  const environment = { SECRETS_DIR: folder, NATS_URL: nats.url, GATEWAY_PORT: new URL(gateway.url).port, LOG_LEVEL: 'info' }
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(child)
  const said: string[] = []
  const lines = createInterface({ input: child.stderr ?? expect.fail('no standard error') })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => (said.push(line), line.includes('"ready":true') && resolve()))
    child.once('exit', () => reject(new Error(`ended before it was ready: ${said.join('\n')}`)))
  })
  return child
}
const kill = async (child: ChildProcess): Promise<void> => {
  running.delete(child)
  await end(child, 'SIGKILL')
}

const publish = async (aggregate: string, count: number): Promise<void> => {
  const from = published.get(aggregate) ?? 0
  published.set(aggregate, from + count)
  const message = (number: number) => {
    const fields = headers()
    for (const [name, value] of wireHeaders({ id: `${aggregate}-${number}`, type: 'Happened', version: 1, metadata: { correlationId: 'c1', actor: 'test' }, data: {}, revision: number })) fields.set(name, value)
    return jetstream(connection).publish(`events.deployment.${aggregate}`, '{}', { headers: fields, timeout: 20_000 })
  }
  for (let number = from; number < from + count; number += 250) await Promise.all(Array.from({ length: Math.min(250, from + count - number) }, (_, index) => message(number + index)))
}

const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf('-') + 1))
/** Numbers of an aggregate's events in the order of their deliveries to a function. */
const deliveries = (aggregate: string, name = 'provision') => gateway.of(name).filter(({ id }) => id.startsWith(`${aggregate}-`)).map(({ id }) => numberOf(id))
/** Whether all of it was delivered, nothing before what precedes it. */
const isWhole = (aggregate: string, name = 'provision'): boolean => new Set(deliveries(aggregate, name)).size === published.get(aggregate)
const expectOrder = (aggregate: string, name = 'provision') =>
  expect([...new Set(deliveries(aggregate, name))]).toEqual(Array.from({ length: published.get(aggregate) ?? 0 }, (_, index) => index))

it('a dispatcher killed with 10,000 followers waiting loses and reorders none, and starves nobody', async () => {
  const failing = Array.from({ length: 8 }, (_, index) => `f${index}`)
  const healthy = ['h0', 'h1', 'h2']
  gateway.functions = [{ name: 'provision', annotations: { topic: 'events.deployment.*', 'max-attempts': '1000' } }]
  let isFailing = true
  gateway.handler = ({ id }) => (isFailing && failing.includes(id.slice(0, id.indexOf('-'))) ? problem(503, 'AGENT_UNAVAILABLE') : undefined)
  const first = await start()
  for (let round = 0; round < 10; round++) {
    for (const aggregate of failing) await publish(aggregate, 126)
    for (const aggregate of healthy) await publish(aggregate, 1)
  }
  // others are delivered behind all that waits, and what waits does not use up what the broker lends
  await until(() => healthy.every((aggregate) => isWhole(aggregate)), 60)
  await until(async () => (await overflowed(connection))[0]?.keys === failing.length, 60)
  await until(async () => (await lookAt(jsm, STREAM.events, 'provision')).pending < 100, 60)
  expect(failing.map((aggregate) => new Set(deliveries(aggregate)))).toEqual(failing.map(() => new Set([0])))
  await kill(first)

  for (const aggregate of [...failing, ...healthy]) await publish(aggregate, 5)
  const second = await start()
  await until(() => healthy.every((aggregate) => isWhole(aggregate)), 60)
  isFailing = false
  await until(() => deliveries('f0').length > 300, 60)
  await kill(second)

  await start()
  await until(() => failing.every((aggregate) => isWhole(aggregate)), 120)
  for (const aggregate of [...failing, ...healthy]) expectOrder(aggregate)
  await until(async () => (await overflowed(connection)).length === 0, 30)
  for (const aggregate of failing) await publish(aggregate, 1)
  await until(() => failing.every((aggregate) => isWhole(aggregate)), 30)
}, 240_000)

it('two dispatchers: the other goes on when one is killed, and when one ends; each function hears all, in order', async () => {
  const functions = ['provision', 'notify', 'idle']
  const aggregates = ['a', 'b', 'c', 'd']
  gateway.functions = functions.map((name) => ({ name, annotations: { topic: 'events.deployment.*' } }))
  const publishAll = async () => {
    for (const aggregate of aggregates) await publish(aggregate, 5)
  }
  const hasAll = () => functions.every((name) => aggregates.every((aggregate) => isWhole(aggregate, name)))
  const first = await start()
  await publishAll()
  await until(hasAll, 30)
  const second = await start()
  await publishAll()
  await kill(first)
  await publishAll()
  await until(hasAll, 30)

  const third = await start()
  await publishAll()
  second.kill('SIGTERM')
  await publishAll()
  expect(await once(second, 'exit')).toEqual([0, null])
  await publishAll()
  await until(hasAll, 30)
  for (const name of functions) for (const aggregate of aggregates) expectOrder(aggregate, name)
  expect(third.exitCode).toBeNull()
}, 120_000)

it('a dispatcher that stood still and comes back hands over what it held', async () => {
  const aggregates = ['a', 'b', 'c']
  gateway.functions = [{ name: 'provision', annotations: { topic: 'events.deployment.*', 'max-attempts': '1000' } }]
  let isFailing = true
  gateway.handler = ({ id }) => (isFailing && !id.startsWith('c') ? problem(503, 'AGENT_UNAVAILABLE', 'later', { 'retry-after': '0' }) : undefined)
  const first = await start()
  await publish('a', 60)
  await publish('b', 5)
  await until(async () => (await overflowed(connection))[0]?.keys === 1, 30)
  await until(() => deliveries('b').length > 0, 30)
  first.kill('SIGSTOP')
  await start()
  await publish('c', 5)
  await until(() => isWhole('c'), 60)
  await publish('b', 5)
  first.kill('SIGCONT')
  isFailing = false
  await until(() => aggregates.every((aggregate) => isWhole(aggregate)), 60)
  for (const aggregate of aggregates) expectOrder(aggregate)
  await until(async () => (await overflowed(connection)).length === 0, 30)
}, 180_000)
