import { afterAll, beforeAll, expect, test } from 'vitest'
import fc from 'fast-check'
import { API, CARGO, XSD } from '../namespaces.ts'
import { example } from '../testing/examples.ts'
import { client } from '../testing/client.ts'
import { serve, type Served } from '../testing/serve.ts'
import { startServed, type ServedOnStore } from '../testing/served.ts'

let on: ServedOnStore
let minio: ServedOnStore['minio']
let server: Served
let api: ServedOnStore['api']
beforeAll(async () => {
  on = await startServed()
  ;({ minio, server, api } = on)
})
afterAll(() => on.stop())

const STATUS = 'https://onerecord.iata.org/ns/code-lists/StatusCode#'
const context = { '@context': { cargo: CARGO } }
const piece = { ...context, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'Roses' }
const dateTime = (value: string) => ({ '@type': `${XSD}dateTime`, '@value': value })
const departure = { ...context, '@type': 'cargo:LogisticsEvent', 'cargo:eventDate': dateTime('2026-04-01T10:38:01Z'), 'cargo:eventCode': { '@id': `${STATUS}DEP` }, 'cargo:eventTimeType': { '@id': 'cargo:ACTUAL' } }
const post = (path: string, body: unknown) => fetch(server.address + path.replace(server.base, ''), { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: JSON.stringify(body) })
type Collection = { readonly 'api:hasTotalItems': number; readonly 'api:hasItem'?: { readonly '@id': string }[] }
const list = async (iri: string, query = '') => (await api.json(`${iri}/logistics-events${query}`)) as Collection

test('an event is kept as it was sent, with its own address and the time it came', async () => {
  const iri = await api.make(piece)
  const sent = example('LogisticsEvent') as Record<string, unknown>
  const answer = await post(`${iri}/logistics-events`, { ...sent, 'cargo:eventFor': { '@type': 'cargo:Piece', '@id': iri } })
  expect([answer.status, await answer.text(), answer.headers.get('type')]).toEqual([201, '', `${CARGO}LogisticsEvent`])
  const location = answer.headers.get('location') ?? ''
  expect(location.startsWith(`${iri}/logistics-events/`)).toBe(true)

  const read = await api.get(location)
  expect(Object.fromEntries(read.headers)).toMatchObject({ type: `${CARGO}LogisticsEvent`, location, 'last-modified': expect.stringContaining('GMT') as unknown, etag: expect.stringMatching(/^"/) as unknown })
  const event = (await read.json()) as Record<string, { '@value': string }>
  expect(event).toMatchObject({ '@id': location, '@type': 'cargo:LogisticsEvent', 'cargo:eventFor': { '@type': 'cargo:Piece', '@id': iri }, 'cargo:eventDate': dateTime('2023-04-01T10:38:01Z'), 'cargo:recordingOrganization': sent['cargo:recordingOrganization'] })
  // the one it was sent with was of 2023
  expect(Date.parse(event['cargo:creationDate']?.['@value'] ?? '')).toBeCloseTo(Date.now(), -5)
  expect((await api.get(location, { 'if-none-match': read.headers.get('etag') ?? '' })).status).toBe(304)
  expect((await api.get(iri)).headers.get('revision')).toBe('1')
})

test('a class below LogisticsEvent is named, and embedded nodes get ids', async () => {
  const iri = await api.make(piece)
  const answer = await post(`${iri}/logistics-events/`, { ...departure, '@type': ['cargo:LogisticsEvent', 'cargo:StatusUpdateEvent'], 'cargo:eventLocation': { '@type': 'cargo:Location', 'cargo:locationName': 'FRA' } })
  expect([answer.status, answer.headers.get('type')]).toEqual([201, `${CARGO}StatusUpdateEvent`])
  expect(await api.json(answer.headers.get('location') ?? '')).toMatchObject({ 'cargo:eventFor': { '@id': iri }, 'cargo:eventLocation': { '@id': expect.stringMatching(/^internal:/) as unknown, 'cargo:locationName': 'FRA' } })
})

test('a list begins empty, grows, and says when it did', async () => {
  const iri = await api.make(piece)
  const empty = await api.get(`${iri}/logistics-events`)
  expect(await empty.json()).toEqual({ '@context': { cargo: CARGO, api: API }, '@id': `${iri}/logistics-events`, '@type': 'api:Collection', 'api:hasTotalItems': 0, 'api:hasItem': [] })
  expect(empty.headers.get('last-modified')).toBe((await api.get(iri)).headers.get('last-modified'))
  const made = await post(`${iri}/logistics-events`, departure)
  const full = await api.get(`${iri}/logistics-events/`)
  const only = await api.get(made.headers.get('location') ?? '')
  expect([full.headers.get('type'), full.headers.get('last-modified')]).toEqual([`${API}Collection`, only.headers.get('last-modified')])
  const { '@context': _, ...event } = (await only.json()) as Record<string, unknown>
  expect(await full.json()).toMatchObject({ 'api:hasTotalItems': 1, 'api:hasItem': [event] })
  const head = await api.get(`${iri}/logistics-events?event-code=DEP`, {}, 'HEAD')
  expect([head.status, await head.text(), head.headers.get('last-modified')]).toEqual([200, '', full.headers.get('last-modified')])
})

test('filters, order and pages answer as a plain list would', async () => {
  const iri = await api.make(piece)
  const times = ['2025-12-31T23:59:59.999Z', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00+01:00', '2026-01-01T00:00:01Z', '2026-06-01T12:00:00Z', '1969-07-20T20:17:40Z']
  const codes = [`${STATUS}DEP`, `${STATUS}ARR`, 'https://elsewhere.test/codes#DEPARTED', null]
  const made: { id: string; occurred: number; code: string | null }[] = []
  for (let n = 0; n < 24; n += 1) {
    const [time, code] = [times[n % times.length] ?? '', codes[n % codes.length] ?? null]
    const { 'cargo:eventCode': _, ...plain } = departure
    const answer = await post(`${iri}/logistics-events`, { ...plain, 'cargo:eventDate': dateTime(time), ...(code === null ? {} : { 'cargo:eventCode': { '@id': code } }) })
    expect(answer.status).toBe(201)
    made.push({ id: answer.headers.get('location') ?? '', occurred: Date.parse(time), code })
  }
  const query = fc.record({
    'event-code': fc.constantFrom('DEP', 'ARR', 'DEP,ARR', 'StatusCode#DEP', `${STATUS}ARR`, 'XXX', 'codes'), 'occurred-after': fc.constantFrom('20260101T000000Z', '20251231T235959Z', '19690101T000000Z'),
    'occurred-before': fc.constantFrom('20260101T000000Z', '20260601T120000Z', '20270101T000000Z'), 'created-after': fc.constantFrom('20200101T000000Z', '29990101T000000Z'),
    'created-before': fc.constantFrom('29990101T000000Z', '20200101T000000Z'), sort: fc.constantFrom('ASC-creationDate', 'DESC-creationDate', 'ASC-eventDate', 'DESC-eventDate'), limit: fc.nat(30).map(String), skip: fc.nat(30).map(String),
  }, { requiredKeys: [] })
  const time = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : Date.parse(text.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z')))
  await fc.assert(fc.asyncProperty(query, async (asked) => {
    const now = Date.now()
    const passing = made.filter(({ occurred, code }) =>
      (asked['event-code'] === undefined || asked['event-code'].split(',').some((one) => code?.includes(one)))
      && occurred > time(asked['occurred-after'], -Infinity) && occurred < time(asked['occurred-before'], Infinity) && now > time(asked['created-after'], -Infinity) && now < time(asked['created-before'], Infinity))
    const ascending = asked.sort?.endsWith('eventDate') ? passing.toSorted((a, b) => a.occurred - b.occurred) : passing
    const sorted = asked.sort?.startsWith('DESC') ? ascending.toReversed() : ascending
    const skip = Number(asked.skip ?? 0)
    const answer = await list(iri, `?${new URLSearchParams(asked as Record<string, string>).toString()}`)
    expect([answer['api:hasTotalItems'], answer['api:hasItem']?.map((event) => event['@id'])])
      .toEqual([passing.length, sorted.slice(skip, asked.limit === undefined ? undefined : skip + Number(asked.limit)).map(({ id }) => id)])
  }), { numRuns: 150 })
})

test('one event for many objects is one for each that is there', async () => {
  const [first, second] = [await api.make(piece), await api.make(piece)]
  const [missing, foreign] = [`${server.base}/logistics-objects/nothing`, 'https://1r.example.com/logistics-objects/1']
  const answer = await post('/logistics-events', { ...departure, 'cargo:eventFor': [first, missing, second, foreign].map((id) => ({ '@id': id })) })
  expect(answer.status).toBe(207)
  const report = (await answer.json()) as { 'api:hasCreationResult': { 'api:hasLogisticsObject': { '@id': string }; 'api:hasHTTPStatus': number; 'api:hasLogisticsEvent'?: { '@id': string } }[] }
  expect(report).toMatchObject({ '@type': 'api:MultiStatusResponse', 'api:hasTotalItems': 4, 'api:hasTotalCreated': 2, 'api:hasTotalFailed': 2 })
  expect(report['api:hasCreationResult'].map((result) => [result['api:hasLogisticsObject']['@id'], result['api:hasHTTPStatus']])).toEqual([[first, 201], [missing, 404], [second, 201], [foreign, 404]])
  expect(report['api:hasCreationResult'][1]).toMatchObject({ 'api:hasError': { '@type': 'api:Error', 'api:hasTitle': 'Resource not found' } })
  for (const [index, iri] of [[0, first], [2, second]] as const) {
    const location = report['api:hasCreationResult'][index]?.['api:hasLogisticsEvent']?.['@id'] ?? ''
    expect(await api.json(location)).toMatchObject({ '@id': location, 'cargo:eventFor': { '@id': iri } })
    expect(await list(iri)).toMatchObject({ 'api:hasTotalItems': 1, 'api:hasItem': [{ '@id': location }] })
  }
})

test.each<[string, number, unknown]>([
  ['another object', 400, { ...departure, 'cargo:eventFor': { '@id': 'https://1r.example.com/logistics-objects/1' } }],
  ['no eventDate', 400, { ...context, '@type': 'cargo:LogisticsEvent' }],
  ['two eventDates', 400, { ...departure, 'cargo:eventDate': [dateTime('2026-01-01T00:00:00Z'), dateTime('2026-01-02T00:00:00Z')] }],
  ['an eventDate that is none', 400, { ...departure, 'cargo:eventDate': 'yesterday' }],
  ['another class', 400, { ...departure, '@type': 'cargo:Piece' }],
  ['an unknown property', 400, { ...departure, 'cargo:colour': 'red' }],
  ['something said of the object', 400, { ...departure, 'cargo:eventFor': { '@id': 'http://demo.play.test/logistics-objects/_data-holder', 'cargo:name': 'other' } }],
  ['@graph', 400, { ...context, '@graph': [departure] }],
])('an event with %s is refused', async (_, status, body) => {
  const answer = await post('/logistics-objects/_data-holder/logistics-events', body)
  expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ '@type': 'api:Error' })])
  expect(await list(`${server.base}/logistics-objects/_data-holder`)).toMatchObject({ 'api:hasTotalItems': 0 })
})

test('events that are asked for where there are none are 404 or 400', async () => {
  const iri = await api.make(piece)
  expect((await post('/logistics-objects/nothing/logistics-events', departure)).status).toBe(404)
  expect((await api.get('/logistics-objects/nothing/logistics-events')).status).toBe(404)
  expect((await api.get(`${iri}/logistics-events/nothing`)).status).toBe(404)
  expect((await post('/logistics-events', departure)).status).toBe(400)
  const bad = await api.get(`${iri}/logistics-events?limit=many`)
  expect([bad.status, await bad.json()]).toEqual([400, expect.objectContaining({ 'api:hasTitle': 'Invalid query parameter request' })])
  expect((await api.get(`${iri}/logistics-events`, {}, 'DELETE')).status).toBe(405)
})

test('events outlive the server that took them, and many are read in pages', async () => {
  const mine = await serve(minio)
  const own = client(mine)
  const iri = await own.make(piece)
  const targets = Array.from({ length: 900 }, (_, n) => dateTime(new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString().replace('.000', '')))
  const send = (date: unknown) => fetch(`${mine.address}${iri.slice(mine.base.length)}/logistics-events`, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: JSON.stringify({ ...departure, 'cargo:eventDate': date }) })
  for (let from = 0; from < targets.length; from += 100) await Promise.all(targets.slice(from, from + 100).map(async (date) => expect((await send(date)).status).toBe(201)))
  await mine.stop()
  const next = await serve(minio, { prefix: mine.claim.storage.prefix, epoch: 2 })
  const all = (await client(next).json(`${iri}/logistics-events?sort=DESC-eventDate`)) as { 'api:hasTotalItems': number; 'api:hasItem': { 'cargo:eventDate': { '@value': string } }[] }
  expect(all['api:hasTotalItems']).toBe(900)
  expect(all['api:hasItem'].map((event) => event['cargo:eventDate']['@value'])).toEqual(targets.map((date) => date['@value']).toReversed())
  expect(await client(next).json(`${iri}/logistics-events?occurred-after=20260101T143000Z&sort=ASC-eventDate&limit=1`)).toMatchObject({ 'api:hasTotalItems': 29, 'api:hasItem': [{ 'cargo:eventDate': { '@value': '2026-01-01T14:31:00Z' } }] })
  await next.stop()
})
