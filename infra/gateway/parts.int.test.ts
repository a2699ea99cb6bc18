import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jetstreamManager } from '@nats-io/jetstream'
import { connectNats } from '../nats/connect.ts'
import { logger } from '../log.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { BASIC, specOf, startGateway, type TestGateway, type TestOptions } from './testing/gateway.ts'
import { mirror } from './testing/handlers.ts'

const PUBLIC = { public: 'true' }
const WAIT = { timeout: 30_000 }
const log = logger('chatty', 'info')

let folder: string
let nats: NatsServer
let gateway: TestGateway
const options = (more: Partial<TestOptions> = {}): TestOptions => ({
  nats, folder,
  handlers: {
    mirror,
    keeper: (_, { environment }) => readFileSync(join(environment['secret_mount_path'] ?? '', 'key'), 'latin1'),
    chatty: async ({ query }) => {
      await Promise.resolve()
      log.info({ query }, 'heard')
      return 'ok'
    },
  },
  stack: [specOf('mirror', { annotations: PUBLIC }), specOf('chatty', { annotations: PUBLIC })],
  ...more,
})
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-gateway-'))
  nats = await startNats({ syncAlways: false })
  gateway = await startGateway(options())
})
afterEach(async () => {
  await gateway.stop()
  await nats.stop()
  rmSync(folder, { recursive: true, force: true })
})

const keeper = (more: object = {}) => ({ service: 'keeper', image: 'test/keeper:1', annotations: PUBLIC, secrets: ['key'], ...more })
const secret = (method: string, body: object) => gateway.system(method, '/system/secrets', body)
const scale = (replicas: unknown, name = 'mirror') => gateway.system('POST', `/system/scale-function/${name}`, { serviceName: name, replicas, namespace: '' })
const described = async (name = 'mirror', on = gateway) => (await on.system('GET', `/system/function/${name}?usage=1`)).json()

describe('secrets', () => {
  test('reach the function that names them as a file, text or bytes, and change under it', async () => {
    expect((await secret('POST', { name: 'key', value: 'first' })).status).toBe(202)
    expect((await gateway.system('POST', '/system/functions', keeper())).status).toBe(202)
    expect((await gateway.call('/function/keeper')).body.toString()).toBe('first')
    expect((await secret('PUT', { name: 'key', rawValue: Buffer.from([0xff, 0x00]).toString('base64') })).status).toBe(202)
    expect((await gateway.call('/function/keeper')).body).toEqual(Buffer.from('ÿ\0'))
    const file = join(folder, 'secrets', 'keeper.openfaas-fn', 'key')
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700])
    expect((await gateway.system('DELETE', '/system/functions', { functionName: 'keeper' })).status).toBe(202)
    expect(existsSync(file)).toBe(false)
  })

  test('are listed by name, once made, and never told', async () => {
    expect((await secret('POST', { name: 'key', namespace: 'openfaas-fn', value: 'confidential' })).status).toBe(202)
    expect((await secret('POST', { name: 'key', value: 'other' })).json()).toMatchObject({ status: 409, code: 'SECRET_EXISTS' })
    expect((await gateway.system('GET', '/system/secrets')).json()).toEqual([{ name: 'key', namespace: 'openfaas-fn' }])
    const connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: folder }, 'witness')
    const stored = await (await jetstreamManager(connection)).streams.getMessage('KV_functions', { last_by_subj: '$KV.functions.secret.openfaas-fn.key' })
    await connection.close()
    expect([stored !== null, Buffer.from(stored?.data ?? []).toString()]).toEqual([true, expect.not.stringContaining('confidential')])
    expect((await secret('DELETE', { name: 'key' })).status).toBe(202)
    expect((await gateway.system('GET', '/system/secrets')).json()).toEqual([])
    for (const method of ['DELETE', 'PUT']) expect((await secret(method, { name: 'key', value: 'x' })).json()).toMatchObject({ status: 404, code: 'SECRET_NOT_FOUND' })
  })

  test('that are missing refuse their function; that are needed are not removed', async () => {
    expect((await gateway.system('POST', '/system/functions', keeper())).json()).toMatchObject({ status: 400, code: 'INVALID_FIELD', field: 'secrets' })
    await secret('POST', { name: 'key', value: 'x' })
    await gateway.system('POST', '/system/functions', keeper())
    expect((await secret('DELETE', { name: 'key' })).json()).toMatchObject({ status: 409, code: 'SECRET_IN_USE', detail: expect.stringContaining('keeper') })
  })

  test.each([
    [{ name: '../key', value: 'x' }, 'name'], [{ name: 'a..b', value: 'x' }, 'name'], [{ name: '', value: 'x' }, 'name'], [{ name: 'key' }, 'value'], [{ name: 'key', value: 7 }, 'value'],
    [{ name: 'key', rawValue: 'no base64!' }, 'rawValue'], [{ name: 'key', value: 'x', namespace: 'other' }, 'namespace'],
  ])('%j: the field at fault is named', async (body, field) => {
    expect((await secret('POST', body)).json()).toMatchObject({ status: 400, code: 'INVALID_FIELD', field })
  })
})

test('a secret of more than 256 KiB is refused', async () => {
  expect((await secret('POST', { name: 'key', value: 'x'.repeat(256 * 1024 + 1) })).json()).toMatchObject({ status: 400, code: 'INVALID_FIELD', field: 'value' })
  expect((await secret('POST', { name: 'key', value: 'x'.repeat(256 * 1024) })).status).toBe(202)
})

describe('namespaces', () => {
  const namespace = (method: string, name: string, body: object = { name }) => gateway.system(method, `/system/namespace/${method === 'POST' ? '' : name}`, body)
  test('are made, told, changed and removed; functions and secrets of the same name live apart', async () => {
    expect((await namespace('POST', 'staging', { name: 'staging', labels: { a: '1' }, annotations: { openfaas: '1' } })).status).toBe(202)
    expect((await namespace('POST', 'staging')).json()).toMatchObject({ status: 409, code: 'NAMESPACE_EXISTS' })
    expect((await gateway.system('GET', '/system/namespaces')).json()).toEqual(['openfaas-fn', 'staging'])
    expect((await gateway.system('GET', '/system/namespace/staging')).json()).toEqual({ name: 'staging', labels: { a: '1' }, annotations: { openfaas: '1' } })
    expect((await namespace('PUT', 'staging', { name: 'staging', labels: { a: '2' } })).status).toBe(202)
    expect((await gateway.system('GET', '/system/namespace/staging')).json()).toEqual({ name: 'staging', labels: { a: '2' }, annotations: {} })

    await secret('POST', { name: 'key', value: 'of all' })
    await secret('POST', { name: 'key', namespace: 'staging', value: 'of staging' })
    await gateway.system('POST', '/system/functions', keeper())
    await gateway.system('POST', '/system/functions', keeper({ namespace: 'staging' }))
    expect((await gateway.call('/function/keeper.openfaas-fn')).body.toString()).toBe('of all')
    expect((await gateway.call('/function/keeper.staging/path')).body.toString()).toBe('of staging')
    expect((await gateway.system('GET', '/system/functions?namespace=staging')).json()).toMatchObject([{ name: 'keeper', namespace: 'staging' }])

    expect((await namespace('DELETE', 'staging')).json()).toMatchObject({ status: 409, code: 'NAMESPACE_IN_USE' })
    await gateway.system('DELETE', '/system/functions', { functionName: 'keeper', namespace: 'staging' })
    await secret('DELETE', { name: 'key', namespace: 'staging' })
    expect((await namespace('DELETE', 'staging')).status).toBe(202)
    expect((await gateway.call('/function/keeper.staging')).status).toBe(404)
    for (const method of ['GET', 'PUT', 'DELETE']) expect((await gateway.system(method, '/system/namespace/staging', method === 'GET' ? undefined : { name: 'staging' })).json()).toMatchObject({ status: 404, code: 'NAMESPACE_NOT_FOUND' })
  })

  test('the default one is always there', async () => {
    expect((await namespace('DELETE', 'openfaas-fn')).json()).toMatchObject({ status: 409, code: 'NAMESPACE_IN_USE' })
    expect((await namespace('POST', 'openfaas-fn')).json()).toMatchObject({ status: 409, code: 'NAMESPACE_EXISTS' })
    expect((await namespace('POST', 'No Name')).json()).toMatchObject({ status: 400, field: 'name' })
    expect((await namespace('PUT', 'openfaas-fn', { name: 'other' })).json()).toMatchObject({ status: 400, field: 'name' })
  })
})

describe('scale', () => {
  test('to none: asleep until a call, which is held and answered', async () => {
    expect((await scale(0)).status).toBe(202)
    expect(await described()).toMatchObject({ replicas: 0, availableReplicas: 0, usage: { cpu: 0, totalMemoryBytes: 0 } })
    const answers = await Promise.all(Array.from({ length: 10 }, () => gateway.call('/function/mirror')))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    await expect.poll(() => described(), WAIT).toMatchObject({ replicas: 1, availableReplicas: 1, invocationCount: 10 })
  })

  test('to many: wanted, and what there is is told truthfully', async () => {
    expect((await scale(5)).status).toBe(202)
    expect(await described()).toMatchObject({ replicas: 5, availableReplicas: 1 })
  })

  test.each([[-1, 'replicas'], [1.5, 'replicas'], ['2', 'replicas'], [1_001, 'replicas'], [undefined, 'replicas']])('to %j is refused', async (replicas, field) => {
    expect((await scale(replicas)).json()).toMatchObject({ status: 400, code: 'INVALID_FIELD', field })
  })

  test('of a function that is not there, or that path and body name differently', async () => {
    expect((await scale(1, 'none')).json()).toMatchObject({ status: 404, code: 'FUNCTION_NOT_FOUND' })
    expect((await gateway.system('POST', '/system/scale-function/mirror', { serviceName: 'chatty', replicas: 1 })).json()).toMatchObject({ status: 400, field: 'serviceName' })
  })

  test('by alerts: firing adds a part of the most, resolved takes it back; who is unknown is named', async () => {
    const alert = (...alerts: readonly object[]) => gateway.system('POST', '/system/alert', { version: '4', status: 'firing', receiver: 'scale-up', groupLabels: {}, alerts })
    const of = (status: string, name: string) => ({ status, labels: { alertname: 'APIHighInvocationRate', function_name: name }, annotations: {}, startsAt: '2026-01-01T00:00:00Z' })
    expect((await alert(of('firing', 'mirror.openfaas-fn'))).status).toBe(202)
    expect(await described()).toMatchObject({ replicas: 5 })
    for (let i = 0; i < 5; i += 1) await alert(of('firing', 'mirror'))
    expect(await described()).toMatchObject({ replicas: 20 })
    expect((await alert(of('firing', 'none'), of('resolved', 'mirror'))).json()).toMatchObject({ status: 404, detail: expect.stringContaining('none') })
    expect(await described()).toMatchObject({ replicas: 1 })
    expect((await gateway.system('POST', '/system/alert', { alerts: [{ status: 'odd' }] })).json()).toMatchObject({ status: 400, field: 'alerts.0.status' })
    expect((await gateway.call('/system/alert', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"alerts":[]}' })).status).toBe(401)
  })
})

describe('logs', () => {
  type Line = { name: string; namespace: string; instance: string; timestamp: string; text: string }
  const lines = async (query: string): Promise<readonly Line[]> => (await gateway.system('GET', `/system/logs?name=chatty&${query}`)).body.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line) as Line)
  test('what a function logged, and a line for each call, of it alone', async () => {
    await gateway.call('/function/mirror')
    await gateway.call('/function/chatty/there?n=1', { headers: { 'x-call-id': 'call-1' } })
    const told = await lines('tail=-1&follow=false')
    expect(told).toMatchObject([
      { name: 'chatty', namespace: 'openfaas-fn', instance: 'gateway-1', timestamp: expect.stringMatching(/^\d{4}-.*Z$/), text: expect.stringContaining('"msg":"heard"') },
      { text: expect.stringMatching(/^GET \/there - 200 \(\d\.\d+s\) \[call-1\]$/) },
    ])
    expect(await lines('tail=1&follow=0')).toEqual(told.slice(1))
    expect(await lines(`since=${encodeURIComponent(new Date(Date.now() + 60_000).toISOString())}`)).toEqual([])
    expect(await lines('instance=other')).toEqual([])
  })

  test('are followed until the reader goes', async () => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${gateway.url}/system/logs?name=chatty&tail=-1&follow=true`, { headers: BASIC, agent: false }, resolve).once('error', reject)
    })
    expect(response.headers['content-type']).toBe('application/x-ndjson')
    const reading = createInterface(response)[Symbol.asyncIterator]()
    await gateway.call('/function/chatty?n=1')
    expect(JSON.parse((await reading.next()).value as string)).toMatchObject({ text: expect.stringContaining('"n":"1"') })
    expect(JSON.parse((await reading.next()).value as string)).toMatchObject({ text: expect.stringContaining('GET /') })
    await gateway.call('/function/chatty?n=2')
    expect(JSON.parse((await reading.next()).value as string)).toMatchObject({ text: expect.stringContaining('"n":"2"') })
    response.destroy()
  })

  test.each([['name=none', 404], ['', 400], ['name=chatty&tail=x', 400], ['name=chatty&since=yesterday', 400], ['name=chatty&follow=maybe', 400]])('%s: %i', async (query, status) => {
    expect((await gateway.system('GET', `/system/logs?${query}`)).status).toBe(status)
  })
})

describe('metrics', () => {
  test('count calls in the names OpenFaaS has, for the gateway\'s user only', async () => {
    expect((await gateway.call('/metrics')).status).toBe(401)
    await gateway.call('/function/mirror')
    await gateway.call('/function/mirror')
    const { headers, body } = await gateway.system('GET', '/metrics')
    const text = body.toString()
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text).toContain('gateway_function_invocation_total{function_name="mirror.openfaas-fn",code="200",part="gateway",instance="gateway-1"} 2')
    expect(text).toMatch(/^gateway_functions_seconds_bucket\{le="\+Inf",function_name="mirror\.openfaas-fn",code="200",part="gateway",instance="gateway-1"\} 2$/m)
    expect(text).toContain('gateway_service_count{function_name="mirror.openfaas-fn",part="gateway",instance="gateway-1"} 1')
    expect(text.match(/^# TYPE gateway_function_invocation_total counter$/gm)).toHaveLength(1)
    await gateway.system('DELETE', '/system/functions', { functionName: 'mirror' })
    await gateway.system('GET', '/metrics')
    expect((await gateway.system('GET', '/metrics')).body.toString()).not.toContain('mirror')
  })
})

describe('two gateways', () => {
  test('serve what either was given, and forget it together', async () => {
    const otherFolder = mkdtempSync(join(tmpdir(), 'orp-gateway-'))
    const other = await startGateway(options({ folder: otherFolder, instance: 'gateway-2' }))
    try {
      await secret('POST', { name: 'key', value: 'shared' })
      await gateway.system('POST', '/system/functions', keeper())
      await expect.poll(async () => (await other.call('/function/keeper')).body.toString(), WAIT).toBe('shared')
      expect(await other.system('GET', '/system/secrets').then((answer) => answer.json())).toEqual([{ name: 'key', namespace: 'openfaas-fn' }])
      await scale(0)
      await expect.poll(() => described('mirror', other), WAIT).toMatchObject({ replicas: 0, availableReplicas: 0 })
      expect((await other.call('/function/mirror')).status).toBe(200)
      await expect.poll(() => described(), WAIT).toMatchObject({ replicas: 1, availableReplicas: 1 })
      await other.system('DELETE', '/system/functions', { functionName: 'keeper' })
      await expect.poll(async () => (await gateway.call('/function/keeper')).status, WAIT).toBe(404)
      const text = (await gateway.system('GET', '/metrics')).body.toString()
      for (const instance of ['gateway-1', 'gateway-2']) expect(text).toContain(`playground_part_up{part="gateway",instance="${instance}"} 1`)
    } finally {
      await other.stop()
      rmSync(otherFolder, { recursive: true, force: true })
    }
  })

  test('make one function of the same name given to both at once', async () => {
    const other = await startGateway(options({ instance: 'gateway-2' }))
    try {
      await secret('POST', { name: 'key', value: 'shared' })
      const statuses = await Promise.all([gateway, other, gateway, other].map(async (each) => {
        await expect.poll(async () => (await each.system('GET', '/system/secrets')).json(), WAIT).toHaveLength(1)
        return (await each.system('POST', '/system/functions', keeper())).status
      }))
      expect(statuses.toSorted((a, b) => a - b)).toEqual([202, 409, 409, 409])
    } finally {
      await other.stop()
    }
  })
})

test('who names no media type it would like gets the sentence alone: faas-cli prints it', async () => {
  const answer = await gateway.call('/system/function/none', { headers: BASIC })
  expect([answer.status, answer.headers['content-type'], answer.body.toString()]).toEqual([404, 'text/plain; charset=utf-8', 'There is no function none.\n'])
})
