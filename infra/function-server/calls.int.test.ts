import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { serveHandler } from './testing/server.ts'

const patience = { timeout: 60_000 }
const post = (url: string, body: RequestInit['body'], headers: Record<string, string> = {}) => fetch(url, { method: 'POST', body, headers, duplex: 'half' } as RequestInit)

/** Tells what it got. */
const MIRROR = `export default ({ body, rawBody, method, path, query, headers }, { name }) => ({
  kind: Buffer.isBuffer(body) ? 'bytes' : typeof body, body: Buffer.isBuffer(body) ? body.toString('base64') : body, size: rawBody.length, method, path, query, type: headers['content-type'], call: headers['x-call-id'], name,
})`

describe('a body', () => {
  test.each([
    ['application/ld+json', '{"@id":"x"}', { kind: 'object', body: { '@id': 'x' } }],
    ['application/json; charset=utf-8', '[1]', { kind: 'object', body: [1] }],
    ['text/turtle', '<a> <b> <c> .', { kind: 'string', body: '<a> <b> <c> .' }],
    ['application/x-www-form-urlencoded', 'a=b', { kind: 'string', body: 'a=b' }],
    ['application/octet-stream', Buffer.from([0, 255, 128]), { kind: 'bytes', body: 'AP+A' }],
    ['image/png', 'png', { kind: 'bytes' }],
  ])('of %s arrives', async (type, body, expected) => {
    const { url } = await serveHandler(MIRROR, { env: { OPENFAAS_NAME: 'mirror' } })
    const answer = await post(`${url}/a/b%20c?x=1&y=2`, body, { 'content-type': type, 'x-call-id': 'c-1' })
    expect([answer.status, answer.headers.get('x-call-id')]).toEqual([200, 'c-1'])
    expect(await answer.json()).toMatchObject({ ...expected, type, method: 'POST', path: '/a/b%20c', query: { x: '1', y: '2' }, call: 'c-1', name: 'mirror' })
  })

  test('of many megabytes arrives whole; none is none', async () => {
    const { url } = await serveHandler(MIRROR)
    expect(await (await post(url, Buffer.alloc(20_000_000, 'x'), { 'content-type': 'application/json+none' })).json()).toMatchObject({ size: 20_000_000, kind: 'bytes' })
    expect(await (await fetch(url)).json()).toMatchObject({ size: 0, kind: 'undefined', method: 'GET' })
  })

  test('over the limit is refused, said beforehand or not, and the next is taken', async () => {
    const { url } = await serveHandler(MIRROR, { env: { max_body_size: '10kb' } })
    expect(await (await post(url, 'x'.repeat(10_000), { 'content-type': 'text/plain' })).json()).toMatchObject({ size: 10_000 })
    for (const body of ['x'.repeat(10_001), new ReadableStream({ start: (to) => (to.enqueue(new Uint8Array(10_001)), to.close()) })]) {
      const refused = await post(url, body)
      expect([refused.status, await refused.json()]).toMatchObject([413, { code: 'BODY_TOO_LARGE', detail: expect.stringContaining('10000 bytes') }])
    }
    expect((await post(url, 'small')).status).toBe(200)
  })

  test('that says it is JSON and is not is the caller\'s mistake, unless the handler does not look', async () => {
    const { url } = await serveHandler(MIRROR)
    const broken = await post(url, '{', { 'content-type': 'application/json' })
    expect([broken.status, await broken.json()]).toMatchObject([400, { code: 'MALFORMED_JSON' }])
    const raw = await serveHandler('export default ({ rawBody }) => rawBody')
    expect(await (await post(raw.url, '{', { 'content-type': 'application/json' })).text()).toBe('{')
  })
})

describe('an answer', () => {
  test('is sent piece by piece as it comes', async () => {
    const { url } = await serveHandler(`let go
      export default async ({ path }) => {
        if (path === '/go') return void go()
        return (async function* () { yield Buffer.from('first,'); await new Promise((resolve) => { go = resolve }); yield Buffer.from('second') })()
      }`)
    const answer = await fetch(url)
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('first,')
    await fetch(`${url}/go`)
    expect((await reader?.read())?.value).toBe('second')
    expect((await reader?.read())?.done).toBe(true)
  })

  test.each([
    ['a Response', 'export default () => Response.json({ a: 1 }, { status: 201, headers: { "x-own": "1" } })', [201, 'application/json', '{"a":1}']],
    ['a web stream', 'export default () => new Blob(["a", "b"]).stream()', [200, 'application/octet-stream', 'ab']],
    ['of module.exports', 'module.exports = async (event, context) => context.status(202).headers({ "Content-Type": "text/css" }).succeed("a {}")', [202, 'text/css', 'a {}']],
  ])('may be %s', async (_, source, expected) => {
    const { url } = await serveHandler(source, { file: source.startsWith('module') ? 'handler.cjs' : 'handler.mjs' })
    const answer = await fetch(url)
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual(expected)
  })

  test('may have several cookies', async () => {
    const { url } = await serveHandler('export default (_, context) => context.headers({ "Set-Cookie": ["a=1", "b=2"] }).succeed("x")')
    expect((await fetch(url)).headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  test('that is no HTTP is the function\'s failure', async () => {
    const { url } = await serveHandler('export default (_, context) => context.status(42).succeed("x")')
    expect((await fetch(url)).status).toBe(500)
  })
})

describe('the server\'s own paths', () => {
  test('health, readiness and metrics; what comes through a gateway is the function\'s', async () => {
    const { url } = await serveHandler('export default ({ path }) => `called ${path}`')
    for (const [path, said] of [['health', 'OK'], ['ready', 'ready']] as const) expect(await (await fetch(`${url}/_/${path}`)).text()).toBe(said)
    await fetch(url)
    const metrics = await (await fetch(`${url}/_/metrics`)).text()
    expect(metrics).toContain('http_requests_total{code="200",method="GET"} 1\n')
    expect(metrics).toMatch(/^process_resident_memory_bytes \d+$/m)
    expect((await fetch(`${url}/_/else`)).status).toBe(404)
    expect((await fetch(`${url}/_/ready`, { method: 'POST' })).status).toBe(405)
    expect(await (await fetch(`${url}/_/metrics`, { headers: { 'x-call-id': 'c-1' } })).text()).toBe('called /_/metrics')
  })

  test('it listens before the handler is there; it is ready after, and calls wait for that', async () => {
    const { url } = await serveHandler(`const { port } = process.env
      const { createServer } = process.getBuiltinModule('node:http')
      await new Promise((resolve) => createServer((request, response) => { response.end(); resolve() }).listen(Number(port) + 1, '127.0.0.1'))
      export default () => 'loaded'`)
    expect((await fetch(`${url}/_/health`)).status).toBe(200)
    expect([(await fetch(`${url}/_/ready`)).status, (await fetch(`${url}/_/ready?wait`)).status]).toEqual([503, 503])
    const waiting = fetch(url)
    await expect.poll(async () => (await fetch(`${url}/_/metrics`)).text(), patience).toContain('http_requests_in_flight 1')
    await fetch(url.replace(/\d+$/, (port) => String(Number(port) + 1)))
    expect(await (await waiting).text()).toBe('loaded')
    expect((await fetch(`${url}/_/ready`)).status).toBe(200)
  })
})

describe('what is no call', () => {
  const raw = (port: number, bytes: string) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.write(bytes)
    return text(socket)
  }

  test('is answered, and ends the connection', async () => {
    const { port } = await serveHandler(MIRROR)
    expect(await raw(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*MALFORMED_REQUEST/s)
    expect(await raw(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /)
  })

  test('a caller that goes away is heard of by the handler, and counted', async () => {
    const { url, lines } = await serveHandler(`export default ({ signal }) => new Promise(() => { console.log('called'); signal.addEventListener('abort', () => console.log('aborted')) })`)
    const call = request(url, { headers: { 'x-call-id': 'gone' } }).on('error', () => {}).end()
    await expect.poll(() => lines.map(({ msg }) => msg), patience).toContain('called')
    call.destroy()
    for (const line of [{ msg: 'aborted' }, { msg: 'GET /', status: 499, callId: 'gone' }]) await expect.poll(() => lines, patience).toContainEqual(expect.objectContaining(line))
    expect(await (await fetch(`${url}/_/metrics`)).text()).toContain('http_requests_total{code="499",method="GET"} 1\n')
  })
})
