import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { Agent, request as httpRequest } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sameGraph } from '../compare.ts'
import { type Served } from '../testing/serve.ts'
import { startServed, type ServedOnStore } from '../testing/served.ts'

let on: ServedOnStore
let server: Served
let api: ServedOnStore['api']
beforeAll(async () => {
  on = await startServed()
  ;({ server, api } = on)
})
afterAll(() => on.stop())

const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const PROFILE = 'http://www.w3.org/ns/json-ld#'
const piece = { '@context': { cargo: CARGO }, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'books '.repeat(500) }

/** fetch decodes; this gives what was sent. */
const raw = (iri: string, headers: Record<string, string>, method = 'GET') =>
  new Promise<{ readonly status: number; readonly headers: Record<string, unknown>; readonly body: Buffer }>((resolve, reject) => {
    httpRequest(server.address + iri.slice(server.base.length), { method, headers }, (response) => {
      void buffer(response).then((body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }), reject)
    }).once('error', reject).end()
  })

test('what is large goes compressed, each coding with its own tag', async () => {
  const iri = await api.make(piece)
  const plain = await raw(iri, {})
  const zipped = await raw(iri, { 'accept-encoding': 'gzip' })
  const brotli = await raw(iri, { 'accept-encoding': 'gzip, br' })
  expect([plain, zipped, brotli].map(({ headers }) => [headers['content-encoding'], headers['etag']])).toEqual([[undefined, '"1"'], ['gzip', '"1-gzip"'], ['br', '"1-br"']])
  expect(gunzipSync(zipped.body)).toEqual(plain.body)
  expect(brotliDecompressSync(brotli.body)).toEqual(plain.body)
  expect(Number(zipped.headers['content-length'])).toBe(zipped.body.length)
  expect(zipped.body.length).toBeLessThan(plain.body.length / 4)
  expect(zipped.headers['vary']).toContain('Accept-Encoding')
  expect((await raw(iri, { 'accept-encoding': 'gzip', 'if-none-match': '"1-gzip"' })).status).toBe(304)
  expect((await raw(iri, { 'accept-encoding': 'gzip', 'if-none-match': '"1"' })).status).toBe(200)
  expect(await raw(iri, { 'accept-encoding': 'gzip' }, 'HEAD')).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip', etag: '"1-gzip"' }, body: Buffer.alloc(0) })
  expect((await raw(await api.make({ ...piece, 'cargo:goodsDescription': 'b' }), { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBeUndefined()
})

test('a body may come by gzip, as large as what it becomes may be', async () => {
  const post = (body: Buffer) => fetch(`${server.address}/logistics-objects`, { method: 'POST', headers: { 'content-type': 'application/ld+json', 'content-encoding': 'gzip' }, body: new Uint8Array(body) })
  const made = await post(gzipSync(JSON.stringify(piece)))
  expect(made.status).toBe(201)
  expect(sameGraph(piece, [await api.json(made.headers.get('location') ?? '')])).toEqual([])
  expect((await post(gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')))).status).toBe(413)
  expect((await post(gzipSync(JSON.stringify(piece)).subarray(0, 40))).status).toBe(400)
})

test('who is refused while it still sends has the answer, and the connection serves on', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body = Buffer.alloc(0)) => new Promise<number | undefined>((resolve, reject) => {
    const asked = httpRequest(server.address + path, { agent, method, headers: { 'content-length': String(body.length), ...headers } }, (response) => void buffer(response).then(() => resolve(response.statusCode), reject))
    asked.once('error', reject).end(body)
  })
  const type = { 'content-type': 'application/ld+json' }
  const large = Buffer.alloc(4 * 1024 * 1024, ' ')
  for (const [path, headers, body, status] of [
    ['/logistics-objects', type, large, 413], ['/logistics-objects', { ...type, 'content-encoding': 'gzip' }, large.subarray(0, 1024 * 1024), 400],
    ['/holder/import', { 'content-type': 'application/x-ndjson' }, large, 413], ['/oauth2/token', { 'content-type': 'application/x-www-form-urlencoded' }, large, 400],
  ] as const) {
    for (let times = 0; times < 5; times += 1) expect([path, await ask('POST', path, headers, body)]).toEqual([path, status])
    expect(await ask('GET', '/')).toBe(200)
  }
  agent.destroy()
})

test.each(['expanded', 'flattened'])('the client may have it %s', async (form) => {
  const iri = await api.make({ ...piece, 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': 20.5 } })
  const accept = `application/ld+json; version=2.2.0; profile="${PROFILE}${form}"`
  const answer = await api.get(iri, { accept, 'accept-encoding': 'identity' })
  expect(Object.fromEntries(answer.headers)).toMatchObject({ 'content-type': accept, etag: `"1-${form}"` })
  const body = await answer.json() as unknown[]
  expect(body).toHaveLength(form === 'expanded' ? 1 : 2)
  expect(JSON.stringify(body)).not.toContain('@context')
  expect(sameGraph(await api.json(iri), [body])).toEqual([])
  expect(await (await api.get('/nothing', { accept })).json()).toContainEqual(expect.objectContaining({ '@type': ['https://onerecord.iata.org/ns/api#Error'] }))
})

test('an error of version 2.2.0 has no severity', async () => {
  const answer = await api.get('/logistics-objects/nothing', { accept: 'application/ld+json; version=2.2.0' })
  expect(answer.headers.get('content-type')).toBe('application/ld+json; version=2.2.0')
  expect(await answer.json()).not.toHaveProperty('api:hasSeverity')
})

test('browsers of any origin may call, and read what is said of an object', async () => {
  const preflight = await fetch(`${server.address}/logistics-objects/`, { method: 'OPTIONS', headers: { origin: 'https://app.test', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' } })
  expect(preflight.status).toBe(204)
  expect(Object.fromEntries(preflight.headers)).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-allow-methods': expect.stringContaining('POST') as unknown, 'access-control-allow-headers': expect.stringContaining('authorization') as unknown })
  const answer = await api.get(await api.make(piece), { origin: 'https://app.test' })
  expect(answer.headers.get('access-control-expose-headers')).toContain('latest-revision')
  expect(answer.headers.get('cache-control')).toBe('private, no-cache')
})

test('what is not possible says what is', async () => {
  const answer = await api.get('/logistics-objects', {}, 'PUT')
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
})

test('any JSON-LD 1.1 may be sent', async () => {
  const made = await api.post({ '@context': { '@version': 1.1, Piece: { '@id': `${CARGO}Piece`, '@context': { '@vocab': CARGO } }, said: '@nest' }, '@type': 'Piece', said: { [`${CARGO}goodsDescription`]: 'books' } })
  expect(made.status).toBe(201)
  expect(await api.json(made.headers.get('location') ?? '')).toMatchObject({ '@type': 'cargo:Piece', 'cargo:goodsDescription': 'books' })
  const remote = await api.post({ '@context': { '@vocab': CARGO, goodsDescription: { '@context': 'http://127.0.0.1:1/context' } }, '@type': 'Piece', goodsDescription: 'x' })
  expect([remote.status, await remote.text()]).toEqual([400, expect.stringContaining('never fetched')])
})

test('a revision is had by its number', async () => {
  const iri = await api.make({ ...piece, 'cargo:coload': { '@type': 'http://www.w3.org/2001/XMLSchema#boolean', '@value': 'false' } })
  const change = (operations: readonly unknown[]) => ({
    '@context': { api: 'https://onerecord.iata.org/ns/api#' }, '@type': 'api:Change', 'api:hasLogisticsObject': { '@id': iri }, 'api:hasRevision': 1, 'api:hasOperation': operations,
  })
  const coload = { 'api:s': iri, 'api:p': `${CARGO}upid`, 'api:o': { '@type': 'api:OperationObject', 'api:hasDatatype': 'http://www.w3.org/2001/XMLSchema#string', 'api:hasValue': 'u1' } }
  expect((await api.patch(iri, change([{ '@type': 'api:Operation', 'api:op': { '@id': 'api:ADD' }, ...coload }]))).status).toBe(201)
  const first = await api.get(`${iri}?revision=1`)
  expect(Object.fromEntries(first.headers)).toMatchObject({ location: `${iri}?revision=1`, revision: '1', 'latest-revision': '2' })
  expect(await first.json()).not.toHaveProperty('cargo:upid')
  expect(await api.json(`${iri}?revision=2`)).toMatchObject({ '@id': iri, 'api:hasRevision': 2, 'cargo:upid': 'u1' })
  for (const [query, status] of [['revision=3', 404], ['revision=0', 400], ['revision=x', 400], ['revision=1&at=20260101T000000Z', 400]] as const) expect((await api.get(`${iri}?${query}`)).status).toBe(status)
})

test('what is embedded is bounded in depth', async () => {
  let below = await api.make({ ...piece, 'cargo:goodsDescription': 'piece 0' })
  for (let level = 1; level <= 5; level += 1) below = await api.make({ ...piece, 'cargo:goodsDescription': `piece ${level}`, 'cargo:containedPieces': [{ '@id': below }] })
  const text = JSON.stringify(await api.json(`${below}?embedded=true`))
  expect([5, 4, 3, 2, 1].map((level) => text.includes(`piece ${level}"`))).toEqual([true, true, true, true, false])
})
