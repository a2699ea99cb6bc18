import { afterAll, beforeAll, expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { readWhole, sameGraph } from './compare.ts'
import { example } from './testing/examples.ts'
import { type Served } from './testing/serve.ts'
import { startServed, type ServedOnStore } from './testing/served.ts'

let on: ServedOnStore
let server: Served
let api: ServedOnStore['api']
beforeAll(async () => {
  on = await startServed()
  ;({ server, api } = on)
})
afterAll(() => on.stop())

const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const API = 'https://onerecord.iata.org/ns/api#'
const EXAMPLE_PIECE = 'https://1r.example.com/logistics-objects/1a8ded38-1804-467c-a369-81a411416b7c'
const piece = example('Piece') as Record<string, unknown>
const detail = (title: string, code: number) => expect.objectContaining({ '@type': 'api:Error', 'api:hasTitle': title, 'api:hasErrorDetail': [expect.objectContaining({ 'api:hasCode': String(code) })] }) as unknown
const compact = (date: Date) => `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

test('the server describes itself, and whose it is', async () => {
  const answer = await api.get('/')
  expect(Object.fromEntries(answer.headers)).toMatchObject({ 'content-type': 'application/ld+json; version=2.3.0', 'content-language': 'en-US', 'last-modified': expect.stringContaining('GMT') as unknown })
  expect(await answer.json()).toMatchObject({
    '@id': `${server.base}/`, '@type': 'api:ServerInformation', 'api:hasSupportedApiVersion': ['2.3.0', '2.2.0'], 'api:hasDataHolder': { '@id': `${server.base}/logistics-objects/_data-holder` },
  })
  expect(await api.json('/logistics-objects/_data-holder')).toMatchObject({ '@type': 'cargo:Organization', 'cargo:name': 'demo' })
})

test.each(['Piece', 'Shipment_with_Piece', 'Sensor.expanded', 'Company'])('%s is made and read back whole', async (name) => {
  const made = await api.post(example(name))
  expect([made.status, await made.text()]).toEqual([201, ''])
  const iri = made.headers.get('location') ?? ''
  expect(sameGraph(example(name), await readWhole(api.json, iri, example(name)))).toEqual([])
})

test('an object comes with its headers', async () => {
  const iri = await api.make(piece)
  const answer = await api.get(iri)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/ld+json; version=2.3.0', 'content-language': 'en-US', type: `${CARGO}Piece`, location: iri, revision: '1', 'latest-revision': '1', etag: '"1"',
  })
  expect(Date.parse(answer.headers.get('last-modified') ?? '')).toBeCloseTo(Date.now(), -4)
  expect(await answer.json()).toEqual({ ...piece, '@context': { cargo: CARGO, api: API }, '@id': iri, 'api:hasRevision': 1, 'api:hasLatestRevision': 1 })

  const head = await api.get(iri, {}, 'HEAD')
  expect([head.status, await head.text(), head.headers.get('content-length')]).toEqual([200, '', answer.headers.get('content-length')])
  expect((await api.get(iri, { 'if-none-match': '"1"' })).status).toBe(304)
  expect((await api.get(iri, { 'if-none-match': '"2"' })).status).toBe(200)
  expect((await api.get(`${iri}/`)).status).toBe(200)
})

test.each([
  ['application/ld+json; version=2.2.0', '2.2.0'], ['application/ld+json;version="2.3.0"', '2.3.0'], ['application/ld+json; version=2.0.0-dev', '2.3.0'],
  ['text/html, application/ld+json; version=2.2.0', '2.2.0'], ['*/*', '2.3.0'],
])('Accept %s gets version %s', async (accept, version) => {
  expect((await api.get(await api.make(piece), { accept })).headers.get('content-type')).toBe(`application/ld+json; version=${version}`)
})

test('an object changes with its revisions, and its history stays', async () => {
  const iri = await api.make(piece)
  const replace = { [EXAMPLE_PIECE]: iri }
  const created = compact(new Date())
  await sleep(1_100) // times of queries have a resolution of a second

  const first = await api.patch(iri, example('Change_example1', replace))
  expect([first.status, await first.text(), first.headers.get('type')]).toEqual([201, '', `${API}ChangeRequest`])
  const second = await api.patch(iri, example('Change_example2', replace))
  expect(second.status).toBe(201)

  const now = await api.get(iri)
  expect([now.headers.get('revision'), now.headers.get('latest-revision'), now.headers.get('etag')]).toEqual(['3', '3', '"3"'])
  expect(await now.json()).toMatchObject({
    'api:hasRevision': 3, 'cargo:goodsDescription': 'ONE Record Advertisement Materials', 'cargo:coload': { '@value': 'true' },
    'cargo:grossWeight': { '@type': 'cargo:Value', '@id': expect.stringMatching(/^internal:/) as unknown, 'cargo:numericalValue': { '@value': '20.0' }, 'cargo:unit': { '@id': expect.stringContaining('#KGM') as unknown } },
  })

  const then = await api.get(`${iri}?at=${created}`)
  expect([then.headers.get('revision'), then.headers.get('latest-revision'), then.headers.get('location')]).toEqual(['1', '3', `${iri}?at=${created}`])
  expect(await then.json()).toMatchObject({ '@id': `${iri}?at=${created}`, 'api:hasRevision': 1, 'api:hasLatestRevision': 3, 'cargo:coload': { '@value': 'false' } })

  const request = await api.get(first.headers.get('location') ?? '')
  expect([request.status, request.headers.get('type')]).toEqual([200, `${API}ChangeRequest`])
  expect(await request.json()).toMatchObject({
    '@id': first.headers.get('location'), '@type': 'api:ChangeRequest', 'api:hasRequestStatus': { '@id': 'api:REQUEST_ACCEPTED' },
    'api:hasRequestStatusHistory': [{ 'api:hasRequestStatus': { '@id': 'api:REQUEST_PENDING' } }],
    'api:hasChange': { '@type': 'api:Change', 'api:hasLogisticsObject': { '@id': iri }, 'api:hasOperation': [{}, {}, {}] },
  })
  expect(await api.json(`${iri}/audit-trail`)).toMatchObject({
    '@type': 'api:AuditTrail', 'api:hasLatestRevision': { '@value': '3' },
    'api:hasActionRequest': [{ '@id': first.headers.get('location') }, { '@id': second.headers.get('location') }],
  })
})

test('links of a former revision are of the same time', async () => {
  const linked = await api.make(piece)
  const elsewhere = { '@id': EXAMPLE_PIECE }
  const shipment = await api.make({ ...(example('Shipment_with_Piece') as object), 'cargo:pieces': [{ '@id': linked }, elsewhere] })
  const at = compact(new Date())
  expect(await api.json(`${shipment}?at=${at}`)).toMatchObject({ '@id': `${shipment}?at=${at}`, 'cargo:pieces': [{ '@id': `${linked}?at=${at}` }, { '@id': `${EXAMPLE_PIECE}?at=${at}` }] })
})

test('linked objects of this server are embedded when asked for', async () => {
  const linked = await api.make({ ...piece, 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': 1 } })
  const shipment = await api.make({ ...(example('Shipment_with_Piece') as object), 'cargo:pieces': [{ '@id': linked }, { '@id': EXAMPLE_PIECE }] })
  await api.patch(linked, example('Change_example1', { [EXAMPLE_PIECE]: linked }))
  const answer = await api.get(`${shipment}?embedded=true`)
  expect((await api.get(`${shipment}?embedded=true`, { 'if-none-match': answer.headers.get('etag') ?? '' })).status).toBe(304)
  expect(await answer.json()).toMatchObject({
    '@id': shipment, 'api:hasRevision': 1,
    'cargo:pieces': [{ '@id': linked, '@type': 'cargo:Piece', 'api:hasRevision': 2, 'cargo:coload': { '@value': 'true' }, 'cargo:grossWeight': { 'cargo:numericalValue': 1 } }, { '@id': EXAMPLE_PIECE }],
  })
  expect(await api.json(`${shipment}?embedded=false`)).toMatchObject({ 'cargo:pieces': [{ '@id': linked }, { '@id': EXAMPLE_PIECE }] })
})

test.each([
  ['the future', compact(new Date(Date.now() + 3_600_000)), 400], ['no time', 'yesterday', 400], ['no date', '20260231T000000Z', 400], ['another form', '2026-01-01T00:00:00Z', 400], ['the time before', '20200101T000000Z', 404],
])('at=%s is refused', async (_, at, status) => {
  const answer = await api.get(`${await api.make(piece)}?at=${at}`)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toEqual(detail(status === 400 ? 'Invalid query parameter request' : 'Resource not found', status))
})

test('a change for another revision is a request that failed', async () => {
  const iri = await api.make(piece)
  const answer = await api.patch(iri, example('Change_example2', { [EXAMPLE_PIECE]: iri }))
  expect(answer.status).toBe(201)
  const location = answer.headers.get('location') ?? ''
  expect(await api.json(location)).toMatchObject({ 'api:hasRequestStatus': { '@id': 'api:REQUEST_FAILED' }, 'api:hasError': [{ 'api:hasErrorDetail': [{ 'api:hasCode': '409' }] }] })
  expect((await api.get(iri)).headers.get('revision')).toBe('1')
  expect(await api.json(`${iri}/audit-trail?status=REQUEST_FAILED`)).toMatchObject({ 'api:hasActionRequest': [{ '@id': location }] })
  expect(await api.json(`${iri}/audit-trail?status=ACCEPTED`)).toMatchObject({ 'api:hasActionRequest': [] })
})

test('a change that cannot be done is 422, kept as failed, and changes nothing', async () => {
  const iri = await api.make({ ...piece, 'cargo:coload': true })
  const answer = await api.patch(iri, example('Change_example1', { [EXAMPLE_PIECE]: iri }))
  expect(answer.status).toBe(422)
  expect(await answer.json()).toEqual(detail('Unprocessable content', 422))
  expect(await api.json(answer.headers.get('location') ?? '')).toMatchObject({ 'api:hasRequestStatus': { '@id': 'api:REQUEST_FAILED' } })
  expect(await api.json(iri)).toMatchObject({ 'api:hasRevision': 1, 'cargo:coload': true })
})

test('of many changes for one revision one is made', async () => {
  const iri = await api.make(piece)
  const change = example('Change_example1', { [EXAMPLE_PIECE]: iri })
  const answers = await Promise.all(Array.from({ length: 10 }, () => api.patch(iri, change)))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201))
  const trail = await api.json(`${iri}/audit-trail`) as { 'api:hasActionRequest': { 'api:hasRequestStatus': { '@id': string } }[] }
  const statuses = trail['api:hasActionRequest'].map((request) => request['api:hasRequestStatus']['@id'])
  expect(statuses.toSorted()).toEqual(['api:REQUEST_ACCEPTED', ...Array.from({ length: 9 }, () => 'api:REQUEST_FAILED')])
  expect((await api.get(iri)).headers.get('latest-revision')).toBe('2')
})

test('an id is given once', async () => {
  const body = { ...piece, '@id': 'http://elsewhere.test/logistics-objects/once' }
  expect(await api.make(body)).toBe(`${server.base}/logistics-objects/once`)
  const again = await api.post(body)
  expect(again.status).toBe(409)
  expect(await again.json()).toEqual(detail('Identifier conflict', 409))
})

test.each<[string, number, string, () => Promise<Response>]>([
  ['an unknown path', 404, 'Resource not found', () => api.get('/elsewhere')],
  ['an unknown object', 404, 'Resource not found', () => api.get('/logistics-objects/nothing')],
  ['an unknown request', 404, 'Resource not found', () => api.get('/action-requests/nothing')],
  ['the trail of nothing', 404, 'Resource not found', () => api.get('/logistics-objects/nothing/audit-trail')],
  ['a path that is no text', 404, 'Resource not found', () => api.get('/logistics-objects/%E0%A4%A')],
  ['a change of nothing', 404, 'Resource not found', () => api.patch('/logistics-objects/nothing', example('Change_example1'))],
  ['an impossible method', 405, 'Method not allowed', () => api.get('/logistics-objects', {}, 'DELETE')],
  ['another media type', 415, 'Unsupported content type', () => api.post(piece, { 'content-type': 'text/turtle' })],
  ['another character set', 415, 'Unsupported content type', () => api.post(piece, { 'content-type': 'application/ld+json; charset=latin1' })],
  ['an unknown content coding', 415, 'Unsupported content type', () => api.post(piece, { 'content-encoding': 'zstd' })],
  ['what only says that it is gzip', 400, 'Invalid body request', () => api.post(piece, { 'content-encoding': 'gzip' })],
  ['an answer in another media type', 415, 'Unsupported content type', () => api.get('/logistics-objects/_data-holder', { accept: 'text/turtle' })],
  ['a body that is too large', 413, 'Invalid body request', () => api.post({ ...piece, 'cargo:goodsDescription': 'x'.repeat(1024 * 1024) })],
  ['a body that is no JSON', 400, 'Invalid body request', () => api.post('{')],
  ['no body', 400, 'Invalid body request', () => api.post('')],
  ['an unknown property', 400, 'Invalid body request', () => api.post({ ...piece, 'cargo:colour': 'red' })],
  ['@graph', 400, 'Invalid body request', () => api.post({ '@context': piece['@context'], '@graph': [piece] })],
  ['embedded=perhaps', 400, 'Invalid query parameter request', () => api.get('/logistics-objects/_data-holder?embedded=perhaps')],
  ['at twice', 400, 'Invalid query parameter request', () => api.get('/logistics-objects/_data-holder?at=20260101T000000Z&at=20260101T000000Z')],
  ['an unknown status', 400, 'Invalid query parameter request', () => api.get('/logistics-objects/_data-holder/audit-trail?status=DONE')],
])('%s is %i %s', async (_, status, title, request) => {
  const answer = await request()
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/ld+json; version=2.3.0')
  expect(answer.headers.get('content-language')).toBe('en-US')
  expect(await answer.json()).toEqual(detail(title, status))
})

test('a body of unknown length is refused once it is too large', async () => {
  const stream = new ReadableStream({ pull: (controller) => controller.enqueue(new TextEncoder().encode(' '.repeat(64 * 1024))) })
  const answer = await fetch(`${server.address}/logistics-objects`, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: stream, duplex: 'half' } as RequestInit)
  expect([answer.status, await answer.json()]).toEqual([413, detail('Invalid body request', 413)])
})

test('an error names property and resource', async () => {
  const answer = await api.post({ ...piece, '@id': 'http://x.test/1', 'cargo:colour': 'red' })
  expect(await answer.json()).toMatchObject({
    '@context': { api: API }, '@id': expect.stringMatching(/^internal:/) as unknown, 'api:hasSeverity': { '@id': 'api:ERROR' },
    'api:hasErrorDetail': [{ 'api:hasProperty': { '@value': `${CARGO}colour` }, 'api:hasResource': { '@value': 'http://x.test/1' } }],
  })
})
