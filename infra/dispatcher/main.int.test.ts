import { jetstream } from '@nats-io/jetstream'
import { connect, headers } from '@nats-io/transport-node'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ensureStreams } from '../nats/streams.ts'
import { wireHeaders } from '../nats/wire.ts'
import { end, startNats, type NatsServer } from '../testing/servers.ts'
import { CREDENTIALS, KEY, TestGateway } from './testing/gateway.ts'

let folder: string
let child: ChildProcess | undefined
let gateway: TestGateway
let nats: NatsServer

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-dispatcher-'))
  const secrets = { 'basic-auth-user': CREDENTIALS.user, 'basic-auth-password': CREDENTIALS.password, 'signing-key': KEY }
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, name), `${value}\n`, { mode: 0o600 })
  nats = await startNats({ syncAlways: false })
  gateway = await new TestGateway().start()
})
afterEach(async () => {
  if (child) await end(child, 'SIGKILL')
  await gateway.stop()
  await nats.stop()
  rmSync(folder, { recursive: true })
})

const start = (natsUrl: string): ChildProcess => {
  const environment = { SECRETS_DIR: folder, NATS_URL: natsUrl, GATEWAY_PORT: new URL(gateway.url).port, LOG_LEVEL: 'info' }
  child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'pipe'] })
  return child
}

it('says that it is ready once it hears for the functions, and ends well when asked to', async () => {
  gateway.functions = [{ name: 'provision', annotations: { topic: 'events.>' } }]
  const process = start(nats.url)
  const lines: { part: string; ready?: boolean; msg: string }[] = []
  for await (const line of createInterface({ input: process.stderr ?? expect.fail('no standard error') })) {
    lines.push(JSON.parse(line))
    if (lines.at(-1)?.ready) break
  }
  expect(lines.map(({ msg }) => msg)).toEqual(['subscribed', 'ready'])
  expect(lines.at(-1)).toMatchObject({ part: 'dispatcher', ready: true })
  process.kill('SIGTERM')
  expect(await once(process, 'exit')).toEqual([0, null])
})

it('is killed with deliveries under way: the next one loses nothing and keeps the order of each aggregate', async () => {
  gateway.functions = [{ name: 'provision', annotations: { topic: 'events.>' } }]
  gateway.handler = () => new Promise((resolve) => setTimeout(resolve, 5))
  const connection = await connect({ servers: nats.url })
  await ensureStreams(connection)
  for (let index = 0; index < 100; index++) {
    const message = headers()
    for (const [name, value] of wireHeaders({ id: `e${index}`, type: 'Happened', version: 1, metadata: { correlationId: 'c1', actor: 'test' }, data: {} })) message.set(name, value)
    await jetstream(connection).publish(`events.deployment.d${index % 10}`, '{}', { headers: message })
  }
  const first = start(nats.url)
  await vi.waitFor(() => expect(gateway.calls.length).toBeGreaterThan(20), { timeout: 10_000, interval: 1 })
  await end(first, 'SIGKILL')
  expect(gateway.calls.length).toBeLessThan(100)
  start(nats.url)
  await vi.waitFor(() => expect(new Set(gateway.calls.map(({ id }) => id)).size).toBe(100), { timeout: 30_000, interval: 50 })
  for (let aggregate = 0; aggregate < 10; aggregate++) {
    const delivered = new Set(gateway.calls.filter(({ subject }) => subject.endsWith(`.d${aggregate}`)).map(({ id }) => id))
    expect([...delivered]).toEqual(Array.from({ length: 10 }, (_, index) => `e${index * 10 + aggregate}`))
  }
  await connection.close()
})

it('waits for a broker that is not there, and ends well while it waits', async () => {
  // takes connections and says nothing: once there is a second one, the dispatcher is known to try on
  let tries = 0
  const silent = createServer((socket) => void (tries++, socket.destroy())).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const process = start(`nats://127.0.0.1:${(silent.address() as AddressInfo).port}`)
  await vi.waitFor(() => expect(tries).toBeGreaterThan(1), { timeout: 30_000 })
  expect(process.exitCode).toBeNull()
  const exit = once(process, 'exit')
  process.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
  silent.close()
})
