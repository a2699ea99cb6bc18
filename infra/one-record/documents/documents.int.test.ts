import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { openClaim } from '../../slot/open-claim.ts'
import { CARGO } from '../namespaces.ts'
import { client } from '../testing/client.ts'
import { serve, startStore, type Served } from '../testing/serve.ts'

let minio: MinioServer
let server: Served
let api: ReturnType<typeof client>
let piece: string
beforeAll(async () => {
  minio = await startStore()
  server = await serve(minio)
  api = client(server)
  piece = await api.make({ '@context': { cargo: CARGO }, '@type': 'cargo:Piece' })
})
afterAll(async () => {
  await server.stop()
  await minio.stop()
})

const sha256 = (bytes: Buffer | string, form: 'hex' | 'base64') => createHash('sha256').update(bytes).digest(form)
const put = (name: string, body: Buffer | string, headers: Readonly<Record<string, string>> = {}, object = piece) =>
  fetch(server.address + object.slice(server.base.length) + `/documents/${encodeURIComponent(name)}`, { method: 'PUT', headers: { 'content-type': 'application/pdf', ...headers }, body })
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())

test('a document comes back byte by byte, with its type, its digest and nothing that a browser would run', async () => {
  const page = Buffer.from('<script>alert(1)</script>\u0000 €')
  const made = await put('Prüf"bericht 1.html', page, { 'content-type': 'text/html; charset=utf-8' })
  const location = made.headers.get('location') ?? ''
  expect([made.status, await made.text(), location, made.headers.get('repr-digest')]).toEqual([201, '', `${piece}/documents/Pr%C3%BCf%22bericht%201.html`, `sha-256=:${sha256(page, 'base64')}:`])
  const read = await api.get(location, { 'accept-encoding': 'gzip' })
  expect(Object.fromEntries(read.headers)).toMatchObject({
    'content-type': 'text/html; charset=utf-8', 'content-length': String(page.length), 'x-content-type-options': 'nosniff', 'content-security-policy': expect.stringContaining('sandbox') as unknown,
    'content-disposition': `attachment; filename="Pr_f_bericht 1.html"; filename*=UTF-8''Pr%C3%BCf%22bericht%201.html`, 'accept-ranges': 'bytes', etag: `"${sha256(page, 'hex')}"`,
    'repr-digest': `sha-256=:${sha256(page, 'base64')}:`, 'content-digest': `sha-256=:${sha256(page, 'base64')}:`, 'last-modified': expect.stringContaining('GMT') as unknown,
  })
  expect(await bytesOf(read)).toEqual(page)
  const head = await api.get(location, {}, 'HEAD')
  expect([head.status, head.headers.get('content-length'), head.headers.get('content-type')]).toEqual([200, String(page.length), 'text/html; charset=utf-8'])
  expect((await api.get(location, { 'if-none-match': `"${sha256(page, 'hex')}"` })).status).toBe(304)
})

test('a part of it is had, and what is not there is refused', async () => {
  const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, n) => n % 251))
  const location = (await put('parts', bytes)).headers.get('location') ?? ''
  const part = async (range: string, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await api.get(location, { range, ...headers })
    return [answer.status, answer.headers.get('content-range'), (await bytesOf(answer)).equals(bytes) ? 'all' : Number(answer.headers.get('content-length'))]
  }
  expect(await part('bytes=0-9')).toEqual([206, 'bytes 0-9/1000', 10])
  expect(await bytesOf(await api.get(location, { range: 'bytes=990-' }))).toEqual(bytes.subarray(990))
  expect(await part('bytes=-1')).toEqual([206, 'bytes 999-999/1000', 1])
  expect(await part('bytes=1000-')).toEqual([416, 'bytes */1000', 0])
  expect(await part('bytes=0-1,5-6')).toEqual([200, null, 'all'])
  expect(await part('bytes=0-9', { 'if-range': `"${sha256(bytes, 'hex')}"` })).toEqual([206, 'bytes 0-9/1000', 10])
  expect(await part('bytes=0-9', { 'if-range': '"another"' })).toEqual([200, null, 'all'])
})

test('an empty document is one', async () => {
  const location = (await put('empty', '')).headers.get('location') ?? ''
  const read = await api.get(location)
  expect([read.status, (await bytesOf(read)).length, (await api.get(location, { range: 'bytes=0-' })).status]).toEqual([200, 0, 416])
})

test('a document is replaced, listed and taken away', async () => {
  const object = await api.make({ '@context': { cargo: CARGO }, '@type': 'cargo:Piece' })
  expect((await put('b', 'first', {}, object)).status).toBe(201)
  expect((await put('b', 'second', {}, object)).status).toBe(204)
  expect((await put('b', 'third', { 'if-none-match': '*' }, object)).status).toBe(412)
  expect((await put('a', 'x', {}, object)).status).toBe(201)
  expect(await (await api.get(`${object}/documents/b`)).text()).toBe('second')
  const first = (await api.json(`${object}/documents?limit=1`)) as { items: unknown[]; next: string }
  expect(first.items).toEqual([{ name: 'a', url: `${object}/documents/a`, mediaType: 'application/pdf', bytes: 1, sha256: sha256('x', 'hex'), at: expect.any(String) as unknown }])
  expect(await api.json(first.next)).toMatchObject({ items: [{ name: 'b' }] })
  expect((await api.get(`${object}/documents/b`, {}, 'DELETE')).status).toBe(204)
  expect((await api.get(`${object}/documents/b`, {}, 'DELETE')).status).toBe(404)
  expect((await api.get(`${object}/documents/b`)).status).toBe(404)
})

test.each<[string, number, () => Promise<Response>]>([
  ['an unknown object', 404, () => put('x', 'x', {}, `${server.base}/logistics-objects/nothing`)],
  ['an unknown document', 404, () => api.get(`${piece}/documents/nothing`)],
  ['a name with a slash', 400, () => put('a/b', 'x')],
  ['a name that is too long', 400, () => put('x'.repeat(201), 'x')],
  ['a name that is none', 400, () => put('a\u0000b', 'x')],
  ['no media type', 415, () => put('x', 'x', { 'content-type': 'nonsense' })],
  ['a content coding', 415, () => put('x', 'x', { 'content-encoding': 'gzip' })],
  ['another digest than was said', 400, () => put('x', 'x', { 'repr-digest': `sha-256=:${sha256('y', 'base64')}:` })],
])('%s is %i', async (_, status, send) => {
  const answer = await send()
  expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ '@type': 'api:Error' })])
  expect((await api.get(`${piece}/documents/x`)).status).toBe(404)
})

test('a document without a length is refused, one beyond the limits too, and reading goes on', async () => {
  const small = await serve(minio, { settings: { limits: { ...openClaim().limits, documentBytes: 1_000, storedBytes: 20_000 } } })
  const own = client(small)
  const object = await own.make({ '@context': { cargo: CARGO }, '@type': 'cargo:Piece' })
  const send = (name: string, bytes: number) => fetch(`${small.address}${object.slice(small.base.length)}/documents/${name}`, { method: 'PUT', body: Buffer.alloc(bytes) })
  expect((await send('large', 1_001)).status).toBe(413)
  const stream = new ReadableStream({ start: (controller) => { controller.enqueue(new Uint8Array(10)); controller.close() } })
  expect((await fetch(`${small.address}${object.slice(small.base.length)}/documents/x`, { method: 'PUT', body: stream, duplex: 'half' } as RequestInit)).status).toBe(411)
  const statuses = []
  for (let n = 0; n < 25; n += 1) statuses.push((await send(`d${n}`, 1_000)).status)
  expect([statuses[0], statuses.at(-1)]).toEqual([201, 507])
  expect((await own.get(`${object}/documents/d0`)).status).toBe(200)
  expect(small.application.report()).toMatchObject({ limited: expect.arrayContaining(['documentBytes', 'storedBytes']) as unknown })
  expect(small.application.report().usage.bytes).toBeGreaterThan(statuses.filter((status) => status === 201).length * 1_000)
  await small.stop()
})

test('an upload that is cut leaves no document', async () => {
  const { port } = new URL(server.address)
  await new Promise<void>((resolve) => {
    const outgoing = request({ port, host: '127.0.0.1', method: 'PUT', path: `${piece.slice(server.base.length)}/documents/cut`, headers: { 'content-length': '1000000' } })
    outgoing.on('error', () => {}).on('close', resolve)
    outgoing.write(Buffer.alloc(500_000), () => outgoing.destroy())
  })
  expect((await put('after', 'x')).status).toBe(201)
  expect((await api.get(`${piece}/documents/cut`)).status).toBe(404)
})
