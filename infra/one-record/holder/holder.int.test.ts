import { afterAll, beforeAll, expect, test } from 'vitest'
import fc from 'fast-check'
import { describeAnew } from '../change/testing.ts'
import { CARGO, XSD } from '../namespaces.ts'
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

const HANDLING = 'https://onerecord.iata.org/ns/code-lists/SpecialHandlingCode#'
const context = { '@context': { cargo: CARGO } }
type Page = { readonly items: readonly { readonly url: string; readonly type: string }[]; readonly next: string | null }
const post = (path: string, body: unknown, type = 'application/ld+json') => fetch(server.address + path.replace(server.base, ''), { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) })
/** All that a search finds, page by page. */
const found = async (query: Readonly<Record<string, string>>, on = api): Promise<readonly string[]> => {
  const urls: string[] = []
  for (let next: string | null = `/holder/objects?${new URLSearchParams(query).toString()}`; next !== null; ) {
    const page: Page = (await on.json(next)) as Page
    urls.push(...page.items.map(({ url }) => url))
    next = page.next
  }
  return urls
}

test('an object is found by class, code, identifier and text, and by all of them together', async () => {
  const waybill = await api.make({ ...context, '@type': 'cargo:Waybill', 'cargo:waybillPrefix': '020', 'cargo:waybillNumber': '12345675', 'cargo:referredBookingOption': [] })
  const piece = await api.make({ ...context, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'Zürich Roses', 'cargo:specialHandlingCodes': [{ '@id': `${HANDLING}PER` }] })
  for (const identifier of ['020-12345675', '02012345675', '12345675']) expect(await found({ identifier })).toEqual([waybill])
  for (const type of ['Waybill', 'cargo:Waybill', `${CARGO}Waybill`]) expect(await found({ type })).toEqual([waybill])
  for (const code of ['PER', 'SpecialHandlingCode#PER', `${HANDLING}PER`]) expect(await found({ code })).toEqual([piece])
  for (const text of ['zurich', 'ROS zür', 'roses']) expect(await found({ text })).toEqual([piece])
  expect(await found({ text: 'roses', code: 'PER', type: 'Piece' })).toEqual([piece])
  expect(await found({ text: 'roses', type: 'Waybill' })).toEqual([])
  expect(await found({ text: 'ose' })).toEqual([])
  expect([...await found({ type: 'LogisticsObject' })].toSorted()).toEqual([...await found({})].toSorted())
  expect(await api.json('/holder/objects?identifier=12345675')).toEqual({ items: [{ id: waybill.split('/').at(-1), url: waybill, type: `${CARGO}Waybill`, revision: 1, createdAt: expect.any(String) as unknown, changedAt: expect.any(String) as unknown }], next: null })
})

test('what changed is found by what it is, and not by what it was', async () => {
  const iri = await api.make({ ...(example('Piece') as object), 'cargo:goodsDescription': 'before' })
  expect((await api.patch(iri, describeAnew(iri, 1, 'before', 'afterwards', { 'api:hasDescription': 'x' }))).status).toBe(201)
  expect(await found({ text: 'before' })).toEqual([])
  expect(await found({ text: 'afterwards' })).toEqual([iri])
  expect(await api.json(`/holder/action-requests?object=${iri}`)).toMatchObject({ items: [{ type: 'ChangeRequest', status: 'REQUEST_ACCEPTED', logisticsObject: iri }], next: null })
  expect(await api.json('/holder/action-requests?status=ACCEPTED&type=ChangeRequest&limit=1')).toMatchObject({ items: [{ logisticsObject: iri }] })
  expect(await api.json('/holder/action-requests?status=PENDING')).toEqual({ items: [], next: null })
})

test('searches answer as a plain list would, page by page', async () => {
  const mine = await serve(minio)
  const own = client(mine)
  const words = ['rose', 'roses', 'rosebud', 'lily', 'lilac', 'fern']
  const [types, codes] = [['Piece', 'Shipment', 'Product'], ['PER', 'VAL', 'DGR']]
  const made: { iri: string; type: string; code: string; text: readonly string[] }[] = []
  for (let n = 0; n < 60; n += 1) {
    const [type, code, text] = [types[n % 3] ?? '', codes[n % 2 === 0 ? 0 : n % 3] ?? '', words.filter((_, index) => (n * 7 + index * 3) % 5 < 2)]
    const iri = await own.make({ ...context, '@type': `cargo:${type}`, 'http://foreign.test/text': text.join(' '), 'http://foreign.test/code': { '@id': `${HANDLING}${code}` } })
    made.push({ iri, type, code, text })
  }
  const query = fc.record({ type: fc.constantFrom(...types), code: fc.constantFrom(...codes), text: fc.constantFrom('ros', 'rose', 'l', 'lil ro', 'fern', 'oak'), limit: fc.integer({ min: 1, max: 70 }).map(String) }, { requiredKeys: ['limit'] })
  await fc.assert(fc.asyncProperty(query, async (asked) => {
    const expected = made.filter(({ type, code, text }) => (asked.type ?? type) === type && (asked.code ?? code) === code && (asked.text ?? '').split(' ').filter(Boolean).every((word) => text.some((each) => each.startsWith(word))))
    const urls = await found(asked as Record<string, string>, own)
    expect(urls.filter((url) => !url.endsWith('_data-holder')).toSorted()).toEqual(expected.map(({ iri }) => iri).toSorted())
  }), { numRuns: 60 })
  await mine.stop()
})

test.each(['type=Parcel', 'code=', 'identifier=--', 'text=%20', 'limit=0', 'limit=many', 'cursor=nonsense'])('%s is refused by name', async (query) => {
  const answer = await api.get(`/holder/objects?${query}`)
  expect([answer.status, JSON.stringify(await answer.json())]).toEqual([400, expect.stringContaining(query.split('=')[0] ?? '')])
})

test('an erased object is gone from every list, and its id is not given again', async () => {
  const body = { ...context, '@id': 'http://x.test/logistics-objects/secret', '@type': 'cargo:Person', 'cargo:firstName': 'Unforgettable' }
  const iri = await api.make(body)
  const event = (await post(`${iri}/logistics-events`, { ...context, '@type': 'cargo:LogisticsEvent', 'cargo:eventDate': { '@type': `${XSD}dateTime`, '@value': '2026-01-01T00:00:00Z' } })).headers.get('location')
  await fetch(`${server.address}/logistics-objects/secret/documents/passport`, { method: 'PUT', body: 'passport' })
  const linking = await api.make({ ...context, '@type': 'cargo:Organization', 'cargo:contactPersons': [{ '@id': iri }] })
  const { objects } = (await api.json('/holder/usage')) as { objects: number }
  expect(await found({ text: 'unforgettable' })).toEqual([iri])

  const erased = await post('/holder/erasures', { logisticsObject: iri }, 'application/json')
  expect(erased.status).toBe(201)
  const erasure = (await erased.json()) as { id: string }
  expect(erasure).toMatchObject({ logisticsObject: iri, type: `${CARGO}Person`, revisions: 1, isGoneFromStore: false })
  expect((await post('/holder/erasures', { logisticsObject: iri }, 'application/json')).status).toBe(200)
  for (const path of [iri, `${iri}?at=20300101T000000Z`.replace('2030', '2026'), `${iri}/audit-trail`, `${iri}/logistics-events`, event ?? '', `${iri}/documents`, `${iri}/documents/passport`]) expect([path, (await api.get(path)).status]).toEqual([path, 404])
  expect(await found({ text: 'unforgettable' })).toEqual([])
  expect((await api.post(body)).status).toBe(409)
  expect(await api.json(linking)).toMatchObject({ 'cargo:contactPersons': [{ '@id': iri }] })
  expect(await api.json('/holder/usage')).toMatchObject({ objects: objects - 1 })
  expect(await api.json('/holder/erasures')).toMatchObject({ items: [{ id: erasure.id }], next: null })

  await expect.poll(() => server.application.report().erasures).toEqual([{ id: erasure.id, object: 'secret', commit: expect.any(Number) as unknown }])
  await server.application.erased(erasure.id)
  await server.application.erased(erasure.id)
  expect(server.application.report().erasures).toEqual([])
  expect(await api.json('/holder/erasures')).toMatchObject({ items: [{ id: erasure.id, isGoneFromStore: true }] })
  expect((await post('/holder/erasures', { logisticsObject: `${server.base}/logistics-objects/nothing` }, 'application/json')).status).toBe(404)
  expect((await post('/holder/erasures', { logisticsObject: `${server.base}/logistics-objects/_data-holder` }, 'application/json')).status).toBe(422)
  expect((await post('/holder/erasures', { logisticsObject: 'http://x.test/1' }, 'application/json')).status).toBe(400)
})
