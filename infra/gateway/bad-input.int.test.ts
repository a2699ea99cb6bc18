import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FunctionHandler } from '../functions/handler.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { BASIC, specOf, startGateway, type TestGateway } from './testing/gateway.ts'
import { echo } from './testing/handlers.ts'

let nats: NatsServer
let gateway: TestGateway
const ended = Promise.withResolvers<string>()
const endless: FunctionHandler = async function* ({ signal }) {
  signal.addEventListener('abort', () => ended.resolve((signal.reason as Error).name))
  for (;;) yield Buffer.alloc(64 * 1024)
}
beforeAll(async () => {
  nats = await startNats({ syncAlways: false })
  gateway = await startGateway({
    nats, handlers: { echo, endless }, stack: ['echo', 'endless'].map((name) => specOf(name, { annotations: { public: 'true' } })),
    patience: { headersMs: 400, requestMs: 800, stalledMs: 500 },
  })
})
afterAll(async () => {
  await gateway.stop()
  await nats.stop()
})

describe('anything at all', () => {
  const path = fc.oneof(
    fc.constantFrom('/system/functions', '/system/function/echo', '/system/scale-function/echo', '/system/secrets', '/system/namespaces', '/system/namespace/', '/system/namespace/x', '/system/logs', '/system/info', '/system/alert', '/metrics', '/healthz', '/function/echo', '/async-function/echo', '/async-function/'),
    fc.array(fc.string({ unit: fc.constantFrom('a', '%', '2', 'f', '.', '-', '~', '_', ':') }), { maxLength: 4 }).map((parts) => `/system/${parts.join('/')}`),
  )
  const body = fc.oneof(
    fc.json(), fc.string(),
    fc.record({
      service: fc.oneof(fc.string(), fc.constantFrom('echo', 'x'), fc.anything()), image: fc.oneof(fc.constant('test/echo:1'), fc.string(), fc.anything()), namespace: fc.option(fc.constantFrom('', 'openfaas-fn', 'other', '__proto__')),
      name: fc.oneof(fc.constantFrom('x', '__proto__', '../x'), fc.string()), value: fc.option(fc.string()), rawValue: fc.option(fc.string()), replicas: fc.anything(), functionName: fc.option(fc.constantFrom('none', '..')),
      labels: fc.option(fc.dictionary(fc.string(), fc.anything(), { maxKeys: 3 })), annotations: fc.option(fc.dictionary(fc.constantFrom('com.openfaas.retry.attempts', 'public', '__proto__'), fc.string(), { maxKeys: 3 })),
      alerts: fc.option(fc.array(fc.record({ status: fc.constantFrom('firing', 'resolved', 'x'), labels: fc.dictionary(fc.constantFrom('function_name', 'x'), fc.string()) }), { maxLength: 2 })),
    }, { requiredKeys: [] }).map((value) => JSON.stringify(value) ?? ''),
  )
  test('is answered as the caller\'s doing: never 5xx, and a refusal says what', async () => {
    await fc.assert(
      fc.asyncProperty(path, fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'), body, fc.constantFrom('', '?namespace=x', '?name=echo&tail=9', '?namespace=%00', '?since=%ff'), async (to, method, sent, query) => {
        const answer = await gateway.call(`${to}${query}`, { method, headers: { ...BASIC, accept: '*/*', 'content-type': 'application/json' }, ...(method === 'GET' || method === 'HEAD' ? {} : { body: sent }) })
        expect(answer.status, `${method} ${to}${query} ${sent}`).toBeLessThan(500)
        if (answer.status >= 400 && method !== 'HEAD') expect(answer.json()).toMatchObject({ status: answer.status, code: expect.any(String), detail: expect.any(String) })
      }),
      { numRuns: 400 },
    )
  })
})

describe('a client that takes its time', () => {
  const speak = async (head: string): Promise<string> => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(head)
    return text(socket)
  }
  test('with its headers, or with its body, is cut off and told', async () => {
    const answers = await Promise.all([
      speak('POST /function/echo HTTP/1.1\r\nHost: a\r\n'),
      speak('POST /function/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc'),
      speak('POST /function/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
    ])
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /)
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status: 408, code: 'REQUEST_TOO_SLOW' })
    }
  })

  test('between calls keeps its connection', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    const call = async () => {
      socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
      const [bytes] = (await once(socket, 'data')) as [Buffer]
      return bytes.toString()
    }
    expect(await call()).toMatch(/^HTTP\/1\.1 200 /)
    await speak('POST /function/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc') // as long as a whole request may take
    expect(await call()).toMatch(/^HTTP\/1\.1 200 /)
    socket.destroy()
  })

  test('with an answer that does not end is cut off, and the function hears of it', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    socket.pause()
    socket.write('GET /function/endless HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await ended.promise).toBe('CallerGone')
    socket.destroy()
  })

  test('or sends 20 kB of headers is told the limit', async () => {
    const answer = await speak(`GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(answer).toContain('HEADERS_TOO_LARGE')
  })
})
