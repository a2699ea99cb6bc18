import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request as send, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sign, SIGNATURE_HEADER } from '../delivery/signature.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { BASIC, KEYS, specOf, startGateway, type TestGateway } from './testing/gateway.ts'
import { echo, halting, mirror, slow } from './testing/handlers.ts'

const PUBLIC = { annotations: { public: 'true' } }
const LIMIT = 11 * 1024 * 1024

const stream = halting()
const stuck = halting()
const sleeper = slow()
let nats: NatsServer
let gateway: TestGateway

beforeAll(async () => {
  nats = await startNats({ syncAlways: false })
  gateway = await startGateway({
    nats,
    handlers: {
      echo, mirror, private: mirror, stream: stream.handler, stuck: stuck.handler, slow: sleeper.handler,
      throwing: () => { throw new Error('the secret reason') },
      failing: (_, context) => context.fail('no cargo today'),
      'bad-header': (_, context) => context.headers({ 'X-Bad': 'a\r\nb: c' }).succeed('x'),
      'bad-status': (_, context) => context.status(100).succeed('x'),
      'bad-stream': async function* () {
        yield Buffer.from('part')
        throw new Error('broken')
      },
      nothing: (_, context) => context.status(204).succeed(),
    },
    stack: [
      ...['echo', 'mirror', 'stream', 'stuck', 'slow', 'throwing', 'failing', 'bad-header', 'bad-status', 'bad-stream', 'nothing'].map((name) => specOf(name, PUBLIC)),
      specOf('private'),
    ],
    bodyLimitBytes: LIMIT, timeoutSeconds: 1,
  })
})
afterAll(async () => {
  await gateway.stop()
  await nats.stop()
})

const signed = (type: string, body: string, key: string = KEYS.signingKey, atMs = Date.now()): Record<string, string> => ({
  'content-type': 'application/json', 'ce-id': 'e1', 'ce-type': type, 'ce-sequence': '7', 'ce-actor': 'owner',
  [SIGNATURE_HEADER]: sign(key, { id: 'e1', type, sequence: '7', body: Buffer.from(body) }, atMs),
})
type Mirrored = { method: string; path: string; query: Record<string, string>; headers: Record<string, string>; body: unknown }

describe('what a handler gets', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s, with path and query', async (method) => {
    const answer = await gateway.call('/function/mirror/a/b%20c?x=1&y=%C3%A9&x=2', { method, headers: { 'X-Own': 'yes' } })
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({ method, path: '/a/b%20c', query: { x: '2', y: 'é' }, headers: { 'x-own': 'yes' } })
  })

  test('HEAD: the head of the answer, no body', async () => {
    const answer = await gateway.call('/function/echo', { method: 'HEAD' })
    expect([answer.status, answer.body.length]).toEqual([200, 0])
  })

  test.each(['/function/mirror', '/function/mirror.openfaas-fn', '/function/mirror.openfaas-fn/'])('%s has the path /', async (path) => {
    expect((await gateway.call(path)).json()).toMatchObject({ path: '/' })
  })

  test('application/ld+json parsed, its parameters notwithstanding', async () => {
    const body = JSON.stringify({ '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece' })
    const answer = await gateway.call('/function/mirror', { method: 'POST', headers: { 'content-type': 'application/ld+json; version=2.0.0-dev' }, body })
    expect((answer.json() as Mirrored).body).toEqual(JSON.parse(body))
  })

  test('10 MB of bytes come back whole, with and without a declared length', async () => {
    const body = randomBytes(10 * 1024 * 1024)
    const declared = await gateway.call('/function/echo', { method: 'POST', headers: { 'content-type': 'application/x-cargo', 'content-length': String(body.length) }, body })
    const chunked = await gateway.call('/function/echo', { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body })
    expect(declared.headers['content-type']).toBe('application/x-cargo')
    expect(declared.body.equals(body) && chunked.body.equals(body)).toBe(true)
  })

  test('an id from outside is kept when it is sane, else made anew; both sides see the same', async () => {
    const [kept, made, none] = await Promise.all(['call-1.a:b', 'a b<script>', undefined].map((id) => gateway.call('/function/mirror', { headers: id === undefined ? {} : { 'X-Call-Id': id } })))
    expect(kept?.headers['x-call-id']).toBe('call-1.a:b')
    for (const answer of [made, none]) expect(answer?.headers['x-call-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(made?.json()).toMatchObject({ headers: { 'x-call-id': made?.headers['x-call-id'] } })
    expect(kept?.headers).toMatchObject({ 'x-start-time': expect.stringMatching(/^\d{19}$/), 'x-duration-seconds': expect.stringMatching(/^\d+\.\d{3}$/), 'x-served-by': 'test' })
  })
})

describe('streams', () => {
  test('the first chunk is seen before the last is made', async () => {
    const request = send(`${gateway.url}/function/stream`, { agent: false }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const seen: string[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) {
      seen.push(chunk.toString())
      stream.release() // only now may the second be made
    }
    expect(seen).toEqual(['first ', 'second'])
  })

  test.each(['bad-stream', 'stuck'])('%s: what breaks off is not taken for whole', async (name) => {
    await expect(gateway.call(`/function/${name}`)).rejects.toThrow('aborted')
  })
})

describe('limits', () => {
  const tooLarge = { status: 413, code: 'BODY_TOO_LARGE' }

  test('a body over the limit, declared or found out', async () => {
    const body = Buffer.alloc(LIMIT + 1)
    for (const headers of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await gateway.call('/function/echo', { method: 'POST', headers, body })
      expect(answer.json()).toMatchObject(tooLarge)
      expect(answer.headers['content-type']).toBe('application/problem+json')
    }
  })

  test('a body without end is cut off, after it was told', async () => {
    const agent = new Agent({ keepAlive: true })
    const request = send(`${gateway.url}/function/echo`, { method: 'POST', agent })
    const cut = new Promise((resolve) => request.once('close', resolve))
    request.on('error', () => {}) // the cut
    const chunk = Buffer.alloc(1024 * 1024)
    const more = () => { while (!request.destroyed && request.write(chunk)); }
    request.on('drain', more)
    more()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume().on('error', () => {}) // the cut
    expect(response.statusCode).toBe(413)
    await cut
    agent.destroy()
  })

  test('a body at the limit passes', async () => {
    const answer = await gateway.call('/function/echo', { method: 'POST', body: Buffer.alloc(LIMIT) })
    expect([answer.status, answer.body.length]).toEqual([200, LIMIT])
  })

  test('who asks before sending is told before sending', async () => {
    const request = send(`${gateway.url}/function/echo`, { method: 'POST', agent: false, headers: { expect: '100-continue', 'content-length': String(LIMIT + 1) } })
    let asked = false
    request.once('continue', () => (asked = true))
    request.flushHeaders()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect([response.statusCode, asked]).toEqual([413, false])
    request.destroy()
  })

  test('the time of a function ends with 504, and it is told', async () => {
    const answer = await gateway.call('/function/slow?ms=3000')
    expect(answer.json()).toMatchObject({ status: 504, code: 'FUNCTION_TIMEOUT', detail: 'Function slow did not answer within 1 seconds.' })
    expect(sleeper.aborted).toContain('CatalogueError')
  })

  test('a caller that goes away is told to the function', async () => {
    const request = send(`${gateway.url}/function/slow?ms=400`, { agent: false }).end()
    request.on('error', () => {}) // we end it ourselves
    await once(request, 'socket')
    setTimeout(() => request.destroy(), 50)
    await expect.poll(() => sleeper.aborted).toContain('CallerGone')
  })
})

describe('who may call what', () => {
  test('a function that is not public: not from outside, by the gateway user, by a delivery', async () => {
    expect((await gateway.call('/function/private')).json()).toMatchObject({ status: 403, code: 'NOT_PUBLIC' })
    expect((await gateway.call('/function/private', { headers: { authorization: 'Basic eDp5' } })).status).toBe(403)
    const asUser = (await gateway.call('/function/private', { headers: { ...BASIC, 'ce-id': 'forged' } })).json() as Mirrored
    expect(asUser.headers).not.toHaveProperty('authorization')
    expect(asUser.headers).not.toHaveProperty('ce-id')
    const delivered = await gateway.call('/function/private', { method: 'POST', headers: signed('ClaimRequested', '{"a":1}'), body: '{"a":1}' })
    expect(delivered.json()).toMatchObject({ headers: { 'ce-id': 'e1', 'ce-actor': 'owner' }, body: { a: 1 } })
  })

  test.each([
    ['another key', signed('T', '{}', 'other'), '{}'],
    ['another body', signed('T', '{}'), '{"a":1}'],
    ['another type', { ...signed('T', '{}'), 'ce-type': 'U' }, '{}'],
    ['an old one', signed('T', '{}', KEYS.signingKey, Date.now() - 6 * 60_000), '{}'],
    ['no signature at all', { ...signed('T', '{}'), [SIGNATURE_HEADER]: 'x' }, '{}'],
  ])('a forged delivery (%s) is refused where only it could let in, and loses its headers elsewhere', async (_, headers, body) => {
    expect((await gateway.call('/function/private', { method: 'POST', headers, body })).json()).toMatchObject({ status: 401, code: 'UNSIGNED_DELIVERY' })
    const seen = (await gateway.call('/function/mirror', { method: 'POST', headers, body })).json() as Mirrored
    expect(Object.keys(seen.headers).filter((name) => name.startsWith('ce-') || name === SIGNATURE_HEADER)).toEqual([])
  })

  test('a token for the function passes, the password of the gateway does not', async () => {
    const bearer = (await gateway.call('/function/mirror', { headers: { authorization: 'Bearer t' } })).json() as Mirrored
    expect(bearer.headers['authorization']).toBe('Bearer t')
    const basic = (await gateway.call('/function/mirror', { headers: BASIC })).json() as Mirrored
    expect(basic.headers).not.toHaveProperty('authorization')
  })
})

describe('what goes wrong', () => {
  test.each([
    ['/function/none', 404, 'FUNCTION_NOT_FOUND'],
    ['/function/', 404, 'FUNCTION_NOT_FOUND'],
    ['/function/mirror.other', 404, 'FUNCTION_NOT_FOUND'],
    ['/function/__proto__', 404, 'FUNCTION_NOT_FOUND'],
    ['/functions', 404, 'NOT_FOUND'],
    ['/', 404, 'NOT_FOUND'],
    ['/async-function/none', 404, 'FUNCTION_NOT_FOUND'],
    ['/async-function/private', 403, 'NOT_PUBLIC'],
    ['/function/throwing', 500, 'INTERNAL'],
    ['/function/failing', 500, 'FUNCTION_FAILED'],
    ['/function/bad-header', 500, 'INTERNAL'],
    ['/function/bad-status', 500, 'INTERNAL'],
  ])('%s: %i %s', async (path, status, code) => {
    const answer = await gateway.call(path)
    expect(answer.json()).toMatchObject({ status, code })
    expect(answer.status).toBe(status)
    expect(answer.body.toString()).not.toContain('secret')
    expect(answer.headers['x-call-id']).toBeDefined()
  })

  test('a body that is not what it says is the caller\'s mistake', async () => {
    const answer = await gateway.call('/function/mirror', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":' })
    expect(answer.json()).toMatchObject({ status: 400, code: 'MALFORMED_JSON' })
  })

  test('204 has neither body nor length', async () => {
    const { status, headers, body } = await gateway.call('/function/nothing')
    expect([status, headers['content-length'], headers['transfer-encoding'], body.length]).toEqual([204, undefined, undefined, 0])
  })

  test('what is no HTTP is answered 400 and harms nobody', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    socket.write('NONSENSE \r\n\r\n')
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    expect(bytes.toString()).toMatch(/^HTTP\/1\.1 400 /)
    socket.destroy()
    expect((await gateway.call('/healthz')).body.toString()).toBe('OK')
  })
})
