import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectNats } from '../nats/connect.ts'
import { logger } from '../log.ts'
import { subject } from '../nats/subjects.ts'
import { end, freePort, listening, startNats, type NatsServer } from '../testing/servers.ts'
import { announcer } from './announcer.ts'

let folder: string
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orp-gateway-'))
  mkdirSync(join(folder, 'secrets'))
  for (const [name, value] of [['basic-auth-user', 'admin'], ['basic-auth-password', 'password'], ['signing-key', 'key']] as const) writeFileSync(join(folder, 'secrets', name), `${value}\n`)
})
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => end(child)))
  rmSync(folder, { recursive: true, force: true })
})

const start = async (stack: string, more: NodeJS.ProcessEnv = {}) => {
  writeFileSync(join(folder, 'stack.yml'), `provider: { name: openfaas }\n${stack}`)
  const port = await freePort()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env, LOG_LEVEL: 'info', DATA_DIR: folder, SECRETS_DIR: join(folder, 'secrets'), STACK_FILE: join(folder, 'stack.yml'),
      GATEWAY_PORT: String(port), NATS_URL: `nats://127.0.0.1:${await freePort()}`, ...more,
    },
  })
  children.push(child)
  return { child, port, log: text(child.stderr) }
}

describe('the gateway as a process', () => {
  test('serves while the broker is away, says once that it is ready, and ends with 0', async () => {
    const { child, port, log } = await start('functions: {}')
    await listening(port)
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
    const authorization = `Basic ${Buffer.from('admin:password').toString('base64')}`
    const listed = await fetch(`http://127.0.0.1:${port}/system/functions`, { headers: { authorization } })
    expect(await listed.json()).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE', detail: expect.stringContaining('not known yet') })
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number]
    const lines = (await log).trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.filter((line) => line['ready'] === true)).toMatchObject([{ part: 'gateway', msg: 'ready' }])
    expect(code).toBe(0)
  })

  test.each([
    ['functions: { one: { image: 7 } }', {}, 'functions.one.image'],
    ['functions: { one: { image: nginx } }', {}, 'does not hold image nginx; it can run: one-record-playground/'],
    ['functions: {}', { FUNCTION_TIMEOUT_SECONDS: 'soon' }, 'FUNCTION_TIMEOUT_SECONDS'],
    ['functions: {}', { SECRETS_DIR: '/nowhere' }, '/nowhere/basic-auth-user'],
  ])('does not start with %s %j, and says why', async (stack, environment, reason) => {
    const { child, log } = await start(stack, environment)
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(1)
    expect(await log).toContain(reason)
  })
})

describe('two gateways', () => {
  let nats: NatsServer
  beforeEach(async () => void (nats = await startNats({ syncAlways: false })))
  afterEach(() => nats.stop())

  test('serve what either was given, also after kill -9 of that one and a start from nothing', async () => {
    const open = async (name: string) => {
      const gateway = await start('functions: {}', { NATS_URL: nats.url, PART_NAME: name, DATA_DIR: join(folder, name) })
      await listening(gateway.port)
      const headers = { authorization: `Basic ${Buffer.from('admin:password').toString('base64')}`, 'content-type': 'application/json' }
      return { ...gateway, ask: (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${gateway.port}${path}`, { headers, ...init }) }
    }
    const [first, second] = [await open('gateway-1'), await open('gateway-2')]
    const spec = { service: 'copy', image: 'one-record-playground/idle:1', secrets: ['key'] }
    expect((await first.ask('/system/secrets', { method: 'POST', body: '{"name":"key","value":"x"}' })).status).toBe(202)
    expect((await first.ask('/system/functions', { method: 'POST', body: JSON.stringify(spec) })).status).toBe(202)
    const available = async (gateway: typeof second) => ((await (await gateway.ask('/system/function/copy')).json()) as { availableReplicas?: number }).availableReplicas
    await expect.poll(() => available(second), { timeout: 30_000 }).toBe(1)
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    expect((await second.ask('/function/copy', { headers: {} })).status).toBe(403) // there, and not for everybody
    const third = await open('gateway-3')
    await expect.poll(() => available(third), { timeout: 30_000 }).toBe(1)
    expect((await third.ask('/system/functions', { method: 'DELETE', body: '{"functionName":"copy"}' })).status).toBe(202)
    await expect.poll(async () => (await second.ask('/function/copy')).status, { timeout: 30_000 }).toBe(404)
  })
})

describe('changes of functions', () => {
  let nats: NatsServer
  beforeEach(async () => void (nats = await startNats({ syncAlways: false })))
  afterEach(() => nats.stop())

  test('are announced, and once more after each connection', async () => {
    const config = { NATS_URL: nats.url, SECRETS_DIR: folder }
    const witness = await connectNats(config, 'witness')
    const manager = await jetstreamManager(witness)
    // a stream hears also what is said before the witness is back
    await manager.streams.add({ name: 'ANNOUNCED', subjects: [subject.functionsChanged] })
    const heard = async () => (await manager.streams.info('ANNOUNCED')).state.messages
    const announce = announcer(connectNats(config, 'gateway'), logger('gateway', 'silent'))
    await expect.poll(heard).toBe(1)
    announce.changed()
    await expect.poll(heard).toBe(2)
    await nats.restart()
    await expect.poll(() => heard().catch(() => 0), { timeout: 10_000 }).toBe(3)
    await nats.kill()
    await announce.close()
    await witness.close()
  })
})
