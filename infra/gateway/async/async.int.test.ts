import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectNats } from '../../nats/connect.ts'
import { STREAM } from '../../nats/subjects.ts'
import { startNats, type NatsServer } from '../../testing/servers.ts'
import { startCallbacks } from '../testing/callbacks.ts'
import { BASIC, specOf, startGateway, type TestGateway, type TestOptions } from '../testing/gateway.ts'
import { mirror } from '../testing/handlers.ts'

const QUICK = { 'com.openfaas.retry.min_wait': '10ms', 'com.openfaas.retry.max_wait': '20ms', 'com.openfaas.retry.attempts': '3' }
const PUBLIC = { annotations: { public: 'true', ...QUICK } }
const WAIT = { timeout: 30_000 }

let nats: NatsServer
let gateway: TestGateway
let callbacks: Awaited<ReturnType<typeof startCallbacks>>
let attempts: string[]
let answers: number[]
beforeAll(async () => void (nats = await startNats({ syncAlways: false })))
afterAll(() => nats.stop())
beforeEach(async () => {
  attempts = []
  answers = []
  callbacks = await startCallbacks()
  gateway = await startGateway(options('gateway-1'))
})
afterEach(async () => {
  await gateway.stop()
  await callbacks.stop()
  const connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: '/nowhere' }, 'cleaner')
  const manager = await jetstreamManager(connection)
  for (const stream of [STREAM.async, STREAM.asyncParked, 'KV_functions']) await manager.streams.delete(stream)
  await connection.close()
})

const options = (instance: string): TestOptions => ({
  nats, instance, timeoutSeconds: 1,
  handlers: {
    mirror,
    flaky: ({ headers }, context) => {
      attempts.push(`${instance} ${headers['x-call-id'] ?? ''}`)
      return context.status(answers.shift() ?? 200).succeed('done')
    },
    large: () => Buffer.alloc(2 * 1024 * 1024),
    hanging: () => new Promise(() => {}),
  },
  stack: ['mirror', 'flaky', 'large', 'hanging'].map((name) => specOf(name, PUBLIC)).concat(specOf('private', { image: 'test/mirror' })),
})
const invoke = (path: string, headers: Record<string, string> = {}, body = 'cargo', on = gateway) =>
  on.call(`/async-function/${path}`, { method: 'POST', headers: { 'content-type': 'text/plain', 'x-callback-url': callbacks.url, ...headers }, body })
const parked = async (): Promise<readonly (string | undefined)[]> => {
  const connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: '/nowhere' }, 'witness')
  const manager = await jetstreamManager(connection)
  const { state } = await manager.streams.info(STREAM.asyncParked)
  const reasons = []
  for (let seq = state.first_seq; state.messages > 0 && seq <= state.last_seq; seq += 1) reasons.push((await manager.streams.getMessage(STREAM.asyncParked, { seq }))?.header.get('Parked-Reason'))
  await connection.close()
  return reasons
}

describe('a call that nobody waits for', () => {
  test('is accepted with its id, runs with all it was sent with, and its result is told', async () => {
    const answer = await invoke('mirror/a/b?x=1', { 'x-call-id': 'call-7', authorization: 'Bearer of-the-caller' })
    expect([answer.status, answer.body.length, answer.headers['x-call-id'], answer.headers['x-start-time']]).toEqual([202, 0, 'call-7', expect.stringMatching(/^\d{19}$/)])
    await expect.poll(() => callbacks.told.length, WAIT).toBe(1)
    const [told] = callbacks.told
    expect(told?.headers).toMatchObject({
      'content-type': 'application/json', 'x-call-id': 'call-7', 'x-function-status': '200', 'x-function-name': 'mirror', 'x-duration-seconds': expect.stringMatching(/^\d+\.\d{3}$/),
    })
    expect(JSON.parse(told?.body ?? '')).toMatchObject({
      method: 'POST', path: '/a/b', query: { x: '1' }, body: 'cargo', headers: { 'content-type': 'text/plain', authorization: 'Bearer of-the-caller', 'x-call-id': 'call-7' },
    })
  })

  test('of a function with a namespace, and one that only the gateway\'s user may call', async () => {
    expect((await invoke('private.openfaas-fn', BASIC)).status).toBe(202)
    await expect.poll(() => callbacks.told.length, WAIT).toBe(1)
    expect(JSON.parse(callbacks.told[0]?.body ?? '')).not.toMatchObject({ headers: { authorization: expect.anything() } })
  })

  test('is not readable where it waits', async () => {
    await gateway.stop()
    const sleeper = await startGateway({ ...options('gateway-1'), timeoutSeconds: 20 })
    try {
      await invoke('hanging', { authorization: 'Bearer of-the-caller' }, 'confidential', sleeper)
      const connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: '/nowhere' }, 'witness')
      const manager = await jetstreamManager(connection)
      const stored = await manager.streams.getMessage(STREAM.async, { last_by_subj: 'async.call.openfaas-fn.hanging' })
      await connection.close()
      expect(Buffer.from(stored?.data ?? []).toString('latin1')).not.toMatch(/confidential|of-the-caller/)
    } finally {
      await sleeper.stop()
      gateway = await startGateway(options('gateway-1'))
    }
  })

  test('is tried again as its function asks, and the last answer is told; then it is parked', async () => {
    answers.push(503, 429)
    await invoke('flaky')
    await expect.poll(() => callbacks.told.map(({ headers }) => headers['x-function-status']), WAIT).toEqual(['200'])
    expect(attempts).toHaveLength(3)
    answers.push(503, 503, 503, 503)
    await invoke('flaky')
    await expect.poll(() => callbacks.told.map(({ headers }) => headers['x-function-status']), WAIT).toEqual(['200', '503'])
    expect(attempts).toHaveLength(6)
    await expect.poll(parked, WAIT).toEqual(['answered 503 at attempt 3, the last'])
  })

  test('is not tried again after an answer that may have done something', async () => {
    answers.push(500)
    await invoke('flaky')
    await expect.poll(() => callbacks.told.map(({ headers }) => headers['x-function-status']), WAIT).toEqual(['500'])
    expect(attempts).toHaveLength(1)
  })

  test('that does not end is ended; a result that is too large is told as such', async () => {
    await invoke('hanging')
    await expect.poll(() => callbacks.told.map(({ headers }) => headers['x-function-status']), WAIT).toEqual(['504'])
    await invoke('large')
    await expect.poll(() => callbacks.told.length, WAIT).toBe(2)
    expect([callbacks.told[1]?.headers['x-function-status'], JSON.parse(callbacks.told[1]?.body ?? '')]).toMatchObject(['200', { code: 'BODY_TOO_LARGE' }])
  })
})

describe('a callback', () => {
  test('that is away is asked again, without running the function again', async () => {
    callbacks.answers.push(503, 500)
    await invoke('flaky')
    await expect.poll(() => callbacks.told.length, WAIT).toBe(3)
    expect(attempts).toHaveLength(1)
    expect(new Set(callbacks.told.map(({ headers }) => headers['x-call-id'])).size).toBe(1)
  })

  test('that stays away, or does not want it, is parked with the reason', async () => {
    callbacks.answers.push(503, 503, 503)
    await invoke('mirror')
    await expect.poll(parked, WAIT).toEqual(['callback answered 503'])
    callbacks.answers.push(410)
    await invoke('mirror')
    await expect.poll(parked, WAIT).toEqual(['callback answered 503', 'callback answered 410'])
    expect(callbacks.told).toHaveLength(4)
  })
})

describe('what is refused', () => {
  test.each([
    ['none', {}, 404, 'FUNCTION_NOT_FOUND'], ['mirror.other', {}, 404, 'FUNCTION_NOT_FOUND'], ['private', {}, 403, 'NOT_PUBLIC'],
    ['mirror', { 'x-callback-url': 'http://10.0.0.1/' }, 400, 'INVALID_FIELD'], ['mirror', { 'x-callback-url': 'file:///etc/passwd' }, 400, 'INVALID_FIELD'], ['mirror', { 'x-callback-url': 'nonsense' }, 400, 'INVALID_FIELD'],
  ])('%s %j: %i %s', async (path, headers, status, code) => {
    expect((await invoke(path, headers)).json()).toMatchObject({ status, code })
  })

  test('a body larger than the broker takes: 413 with the limit', async () => {
    expect((await invoke('mirror', {}, 'x'.repeat(1024 * 1024))).json()).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE', detail: expect.stringContaining(String(960 * 1024)) })
    expect((await invoke('mirror', {}, 'x'.repeat(960 * 1024))).status).toBe(202)
    await expect.poll(() => callbacks.told.length, WAIT).toBe(1)
  })

  test('anything while the broker is away, and nothing that was accepted is lost', async () => {
    for (let i = 0; i < 5; i += 1) await invoke('flaky', { 'x-call-id': `before-${i}` })
    await nats.kill()
    const refused = await invoke('flaky', { 'x-call-id': 'lost' }).finally(() => nats.restart())
    expect(refused.json()).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' })
    const accepted = ['before-0', 'before-1', 'before-2', 'before-3', 'before-4']
    await expect.poll(() => callbacks.told.map(({ headers }) => headers['x-call-id']), WAIT).toEqual(expect.arrayContaining(accepted))
  })
})

test('two gateways share the queue; what one leaves the other does', async () => {
  const other = await startGateway(options('gateway-2'))
  for (let i = 0; i < 20; i += 1) await invoke('flaky', { 'x-call-id': `call-${i}` })
  await expect.poll(() => callbacks.told.length, WAIT).toBe(20)
  expect(new Set(callbacks.told.map(({ headers }) => headers['x-call-id'])).size).toBe(20)
  await other.stop()
  await invoke('flaky', { 'x-call-id': 'after' })
  await expect.poll(() => callbacks.told.at(-1)?.headers['x-call-id'], WAIT).toBe('after')
})
