import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MinioServer } from '../../../testing/servers.ts'
import { startStore, type Served } from '../../testing/serve.ts'
import { caller, holderToken, PIECE, serveClosed, type Caller } from '../testing/closed.ts'
import { startIdentityProvider, type IdentityProvider } from '../testing/identity-provider.ts'

const CONTEXT = { api: 'https://onerecord.iata.org/ns/api#', cargo: 'https://onerecord.iata.org/ns/cargo#' }
const AIRLINE = 'https://airline.test/logistics-objects/airline'
const HANDLER = 'https://handler.test/logistics-objects/handler'
let minio: MinioServer
let provider: IdentityProvider
let hiding: Served
let forbidding: Served
let holder: Caller
let airline: Caller
let handler: Caller
beforeAll(async () => {
  minio = await startStore()
  provider = await startIdentityProvider()
  const trust = [{ issuer: provider.issuer, jwksUri: null, agents: null }]
  hiding = await serveClosed(minio, { trust, hideForbidden: true })
  forbidding = await serveClosed(minio, { trust, hideForbidden: false })
  holder = caller(hiding, await holderToken(hiding))
  airline = caller(hiding, await provider.token(AIRLINE))
  handler = caller(hiding, await provider.token(HANDLER))
})
afterAll(async () => {
  await Promise.all([hiding.stop(), forbidding.stop(), provider.stop()])
  await minio.stop()
})

type Grants = { readonly items: readonly { readonly id: string; readonly object: string; readonly expired: boolean }[]; readonly next: string | null }
const grant = async (objects: readonly string[], rest: Record<string, unknown>): Promise<string> => {
  const { items } = await (await holder.must(201, 'POST', '/holder/grants', { objects, permissions: ['GET_LOGISTICS_OBJECT'], ...rest })).json() as Grants
  expect(items.map(({ object }) => object)).toEqual(objects)
  return items[0]?.id ?? ''
}
const eventOf = (piece: string) => ({
  '@context': CONTEXT, '@type': 'cargo:LogisticsEvent', 'cargo:eventFor': { '@id': piece }, 'cargo:eventDate': { '@type': 'http://www.w3.org/2001/XMLSchema#dateTime', '@value': '2026-01-01T00:00:00Z' },
  'cargo:eventCode': { '@id': 'https://onerecord.iata.org/ns/code-lists/StatusCode#DEP' }, 'cargo:eventTimeType': { '@id': 'cargo:ACTUAL' },
})
const changeOf = (piece: string) => ({
  '@context': CONTEXT, '@type': 'api:Change', 'api:hasLogisticsObject': { '@id': piece }, 'api:hasRevision': 1, 'api:hasDescription': 'more roses',
  'api:hasOperation': { '@type': 'api:Operation', 'api:op': { '@id': 'api:ADD' }, 'api:s': piece, 'api:p': 'https://onerecord.iata.org/ns/cargo#coload', 'api:o': { '@type': 'api:OperationObject', 'api:hasDatatype': 'http://www.w3.org/2001/XMLSchema#boolean', 'api:hasValue': 'true' } },
})

describe('an agent may what was granted, and nothing else', () => {
  test.each([
    ['GET_LOGISTICS_OBJECT', [200, 200, 403, 403, 403, 200]], ['PATCH_LOGISTICS_OBJECT', [404, 404, 201, 404, 404, 404]],
    ['GET_LOGISTICS_EVENT', [404, 404, 404, 200, 404, 404]], ['POST_LOGISTICS_EVENT', [404, 404, 404, 404, 201, 404]],
  ])('%s allows reading, metadata, a change, reading events, an event and the audit trail: %j', async (permission, expected) => {
    const piece = await holder.make(PIECE)
    const all = async () => [
      await airline.status('GET', piece), await airline.status('HEAD', piece), await airline.status('PATCH', piece, changeOf(piece)),
      await airline.status('GET', `${piece}/logistics-events`), await airline.status('POST', `${piece}/logistics-events`, eventOf(piece)), await airline.status('GET', `${piece}/audit-trail`),
    ]
    expect(await all()).toEqual([404, 404, 404, 404, 404, 404])
    await grant([piece], { agent: AIRLINE, permissions: [permission] })
    // whoever asked for a change sees its own request in the audit trail
    expect(await all()).toEqual(permission === 'PATCH_LOGISTICS_OBJECT' ? [...expected.slice(0, 5), 200] : expected)
    expect(await handler.status('GET', piece)).toBe(404)
  })

  test('by one agent, by a group as long as it is in it, by all; until the grant is ended', async () => {
    const [one, two, three] = [await holder.make(PIECE), await holder.make(PIECE), await holder.make(PIECE)]
    await holder.must(200, 'PUT', '/holder/groups/handlers', { members: [HANDLER] })
    const grants = [await grant([one], { agent: AIRLINE }), await grant([two], { group: 'handlers' }), await grant([three], { public: true })]
    const seen = async (who: Caller) => Promise.all([one, two, three].map((piece) => who.status('GET', piece)))
    expect([await seen(airline), await seen(handler)]).toEqual([[200, 404, 200], [404, 200, 200]])
    expect(await caller(hiding, null).status('GET', three)).toBe(401)
    await holder.must(200, 'PUT', '/holder/groups/handlers', { members: [AIRLINE] })
    expect([await seen(airline), await seen(handler)]).toEqual([[200, 200, 200], [404, 404, 200]])
    for (const id of grants) await holder.must(204, 'DELETE', `/holder/grants/${id}`)
    expect([await seen(airline), await seen(handler)]).toEqual([[404, 404, 404], [404, 404, 404]])
  })

  test('until it expires', async () => {
    const piece = await holder.make(PIECE)
    await grant([piece], { agent: AIRLINE, expiresAt: new Date(Date.now() + 1_500).toISOString() })
    const deadline = Date.now() + 60_000
    while ((await airline.status('GET', piece)) === 200 && Date.now() < deadline) await sleep(50)
    expect(await airline.status('GET', piece)).toBe(404)
    expect(await holder.json(`/holder/grants?object=${piece}`)).toMatchObject({ items: [{ expired: true, agent: AIRLINE }] })
  })

  test('an embedded object only when it may be read itself', async () => {
    const shipment = await holder.make({ '@context': CONTEXT, '@type': 'cargo:Shipment', 'cargo:goodsDescription': 'flowers', 'cargo:pieces': [{ '@type': 'cargo:Piece', 'cargo:goodsDescription': 'roses' }, { '@type': 'cargo:Piece', 'cargo:goodsDescription': 'tulips' }] })
    const { 'cargo:pieces': pieces } = await holder.json<{ readonly 'cargo:pieces': readonly { readonly '@id': string }[] }>(shipment)
    await grant([shipment, pieces[0]?.['@id'] ?? ''], { agent: AIRLINE })
    const text = JSON.stringify(await airline.json(`${shipment}?embedded=true`))
    expect([text.includes('roses'), text.includes('tulips')]).toEqual([true, false])
    expect(JSON.stringify(await holder.json(`${shipment}?embedded=true`))).toContain('tulips')
  })

  test('and nothing that is the holder’s', async () => {
    const refused = [
      ['POST', '/logistics-objects', PIECE], ['GET', '/holder/grants'], ['POST', '/holder/grants', {}], ['GET', '/holder/grants/x'], ['DELETE', '/holder/grants/x'], ['GET', '/holder/groups'], ['GET', '/holder/groups/x'],
      ['PUT', '/holder/groups/x', { members: [] }], ['DELETE', '/holder/groups/x'], ['GET', '/holder/partners'], ['POST', '/holder/partners', {}], ['GET', '/holder/partners/x'], ['DELETE', '/holder/partners/x'],
      ['GET', '/holder/clients'], ['POST', '/holder/clients', {}], ['GET', '/holder/clients/x'], ['POST', '/holder/clients/x/secret'], ['DELETE', '/holder/clients/x'],
    ] as const
    for (const [method, path, body] of refused) expect([path, await airline.status(method, path, body)]).toEqual([path, 403])
    expect(await airline.status('GET', '/')).toBe(200)
  })
})

test.each([['hides', () => hiding, 404], ['forbids', () => forbidding, 403]] as const)('a server that %s what may not be seen answers the same whether it is there or not', async (_, server, status) => {
  const stranger = caller(server(), await provider.token(AIRLINE))
  const piece = await caller(server(), await holderToken(server())).make(PIECE)
  const missing = `${server().base}/logistics-objects/00000000-0000-4000-8000-000000000000`
  const paths: readonly (readonly [string, string, ((iri: string) => unknown)?])[] = [
    ['GET', ''], ['GET', '?embedded=true'], ['GET', '?at=20200101T000000Z'], ['HEAD', ''], ['PATCH', '', changeOf], ['GET', '/audit-trail'], ['GET', '/logistics-events'], ['HEAD', '/logistics-events'],
    ['GET', '/logistics-events/x'], ['POST', '/logistics-events', eventOf],
  ]
  for (const [method, path, body] of paths) {
    const answers = await Promise.all([piece, missing].map(async (iri) => {
      const answer = await stranger.send(method, iri + path, body?.(iri))
      const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== 'date'))
      const text = (await answer.text()).replaceAll(iri, '<iri>').replaceAll(/internal:[\w-]+/g, '<internal>')
      return { status: answer.status, headers: { ...headers, 'content-length': '' }, text }
    }))
    expect([method, path, answers[0]?.status]).toEqual([method, path, status])
    expect(answers[0]).toEqual(answers[1])
  }
})

describe('the holder', () => {
  test('lists grants by object, by agent and page by page', async () => {
    const pieces = [await holder.make(PIECE), await holder.make(PIECE), await holder.make(PIECE)]
    const agent = 'https://lister.test/logistics-objects/lister'
    await grant(pieces, { agent })
    await grant(pieces.slice(0, 1), { public: true })
    const objectsOf = ({ items }: Grants) => items.map(({ object }) => object).toSorted()
    expect(objectsOf(await holder.json(`/holder/grants?agent=${agent}`))).toEqual(pieces.toSorted())
    expect((await holder.json<Grants>(`/holder/grants?object=${pieces[0]}`)).items).toHaveLength(2)
    expect(await holder.json(`/holder/grants?object=${pieces[0]}&public=true`)).toMatchObject({ items: [{ public: true, permissions: ['GET_LOGISTICS_OBJECT'] }], next: null })
    const first = await holder.json<Grants>(`/holder/grants?agent=${agent}&limit=2`)
    const second = await holder.json<Grants>(first.next ?? '')
    expect(objectsOf({ items: [...first.items, ...second.items], next: null })).toEqual(pieces.toSorted())
    expect(second.next).toBeNull()
  })

  test('gives the same twice and it is there once', async () => {
    const piece = await holder.make(PIECE)
    expect(await grant([piece], { agent: AIRLINE })).toBe(await grant([piece], { agent: AIRLINE }))
    expect((await holder.json<Grants>(`/holder/grants?object=${piece}`)).items).toHaveLength(1)
  })

  test('cannot grant what makes no sense', async () => {
    const piece = await holder.make(PIECE)
    const good = { objects: [piece], permissions: ['GET_LOGISTICS_OBJECT'], agent: AIRLINE }
    const bad: readonly (readonly [number, unknown])[] = [
      [400, {}], [400, []], [400, 'x'], [400, { ...good, objects: [] }], [400, { ...good, permissions: [] }], [400, { ...good, permissions: ['ADMIN'] }], [400, { ...good, agent: 'me' }], [400, { ...good, public: true }],
      [400, { ...good, objects: ['https://elsewhere.test/logistics-objects/1'] }], [400, { ...good, expiresAt: 'tomorrow' }], [400, { ...good, more: 1 }], [400, { objects: [piece], permissions: ['GET_LOGISTICS_OBJECT'] }],
      [422, { ...good, expiresAt: '2020-01-01T00:00:00Z' }], [422, { ...good, objects: [`${hiding.base}/logistics-objects/none`] }], [422, { objects: [piece], permissions: ['GET_LOGISTICS_OBJECT'], group: 'nobody' }],
      [422, { ...good, objects: [piece, `${hiding.base}/logistics-objects/none`] }],
    ]
    for (const [status, body] of bad) expect([body, await holder.status('POST', '/holder/grants', JSON.stringify(body))]).toEqual([body, status])
    expect((await holder.json<Grants>(`/holder/grants?object=${piece}`)).items).toEqual([])
  })

  test('cannot give one object to the same agent in endless ways', async () => {
    const piece = await holder.make(PIECE)
    const at = (n: number) => ({ objects: [piece], permissions: ['GET_LOGISTICS_OBJECT'], agent: AIRLINE, expiresAt: new Date(Date.UTC(2099, 0, n + 1)).toISOString() })
    for (let n = 0; n < 64; n++) await holder.must(201, 'POST', '/holder/grants', at(n))
    expect(await holder.status('POST', '/holder/grants', at(64))).toBe(422)
  })

  test('keeps groups: made, read, listed, removed when nothing is granted to them', async () => {
    const piece = await holder.make(PIECE)
    await holder.must(200, 'PUT', '/holder/groups/customs', { members: [AIRLINE, AIRLINE, HANDLER] })
    expect(await holder.json('/holder/groups/customs')).toEqual({ name: 'customs', members: [AIRLINE, HANDLER] })
    expect((await holder.json<{ readonly items: unknown }>('/holder/groups')).items).toContainEqual({ name: 'customs', members: 2 })
    const id = await grant([piece], { group: 'customs' })
    expect(await holder.status('DELETE', '/holder/groups/customs')).toBe(409)
    await holder.must(204, 'DELETE', `/holder/grants/${id}`)
    await holder.must(204, 'DELETE', '/holder/groups/customs')
    expect(await holder.status('GET', '/holder/groups/customs')).toBe(404)
    for (const [name, body] of [['a b', { members: [] }], ['x', { members: ['me'] }], ['x', {}]] as const) expect(await holder.status('PUT', `/holder/groups/${encodeURIComponent(name)}`, body)).toBe(400)
  })

  test('makes a partner known, whose own issuer is believed for it and for nobody else, until it is removed', async () => {
    const own = await startIdentityProvider()
    try {
      const uri = 'https://trucker.test/logistics-objects/trucker'
      const token = await own.token(uri)
      expect(await caller(hiding, token).status('GET', '/')).toBe(401)
      await holder.must(201, 'POST', '/holder/partners', { uri, name: 'Trucker', issuer: own.issuer })
      expect(await caller(hiding, token).status('GET', '/')).toBe(200)
      expect(await caller(hiding, await own.token(AIRLINE)).status('GET', '/')).toBe(401)
      const path = `/holder/partners/${encodeURIComponent(uri)}`
      expect(await holder.json(path)).toMatchObject({ uri, name: 'Trucker', issuer: own.issuer, jwksUri: null })
      await holder.must(204, 'DELETE', path)
      expect(await caller(hiding, token).status('GET', '/')).toBe(401)
      expect(await holder.status('GET', path)).toBe(404)
    } finally {
      await own.stop()
    }
  })
})
