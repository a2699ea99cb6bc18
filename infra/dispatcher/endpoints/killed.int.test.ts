import { jetstream } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import * as decide from '../../../events/subscription/decide.ts'
import { subscriptionsOf } from '../../aggregates/subscriptions.ts'
import { webhookSecret } from '../../delivery/webhook.ts'
import { jetStreamEventStore } from '../../event-store/jetstream/store.ts'
import { ensureStreams } from '../../nats/streams.ts'
import { wireHeaders } from '../../nats/wire.ts'
import { end, startNats, type NatsServer } from '../../testing/servers.ts'
import { CREDENTIALS, KEY, TestGateway } from '../testing/gateway.ts'
import { Receiver } from './testing.ts'

const metadata = { correlationId: 'c1', actor: 'test' }
let folder: string
let nats: NatsServer
let connection: NatsConnection
let gateway: TestGateway
let receiver: Receiver
let child: ChildProcess | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-endpoints-'))
  const secrets = { 'basic-auth-user': CREDENTIALS.user, 'basic-auth-password': CREDENTIALS.password, 'signing-key': KEY }
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, name), `${value}\n`, { mode: 0o600 })
  ;[nats, gateway, receiver] = await Promise.all([startNats({ syncAlways: false }), new TestGateway().start(), new Receiver().start()])
  connection = await connect({ servers: nats.url })
  await ensureStreams(connection)
})
afterEach(async () => {
  if (child) await end(child, 'SIGKILL')
  await connection.close()
  await Promise.all([gateway.stop(), receiver.stop(), nats.stop()])
  rmSync(folder, { recursive: true })
})

/** The dispatcher as a process of its own, so that it can be killed. */
const start = (): ChildProcess => {
  const environment = { SECRETS_DIR: folder, NATS_URL: nats.url, GATEWAY_PORT: new URL(gateway.url).port, OUTBOUND_ALLOW: '127.0.0.1/32' }
  return (child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts')], { stdio: 'ignore', env: { ...process.env, ...environment } }))
}

it('an endpoint misses nothing when the dispatcher is killed with deliveries under way, and each aggregate stays in order', async () => {
  const subscriptions = subscriptionsOf(await jetStreamEventStore({ nc: connection }))
  const terms = { url: receiver.url, topics: ['events.deployment.*'], types: null, description: null }
  await subscriptions.begin('s1', decide.create({ ...terms, subscriptionId: 's1', owner: 'operator', from: 'now', at: new Date().toISOString() }), 'cause', metadata)
  receiver.secret = webhookSecret(KEY, 's1', 1)
  for (let index = 0; index < 200; index++) {
    const message = headers()
    for (const [name, value] of wireHeaders({ id: `e${index}`, type: 'Happened', version: 1, metadata, data: {} })) message.set(name, value)
    await jetstream(connection).publish(`events.deployment.d${index % 10}`, '{}', { headers: message })
  }
  const first = start()
  await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(30), { timeout: 30_000, interval: 1 })
  await end(first, 'SIGKILL')
  expect(new Set(receiver.ids).size).toBeLessThan(200)
  start()
  await vi.waitFor(() => expect(new Set(receiver.ids).size).toBe(200), { timeout: 60_000, interval: 50 })
  for (let aggregate = 0; aggregate < 10; aggregate++) {
    const ids = receiver.received.filter(({ subject }) => subject === `events.deployment.d${aggregate}`).map(({ id }) => id)
    expect([...new Set(ids)]).toEqual(Array.from({ length: 20 }, (_, index) => `e${index * 10 + aggregate}`))
  }
  expect(receiver.forged).toEqual([])
})
