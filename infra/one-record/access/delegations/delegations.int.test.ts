import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MinioServer } from '../../../testing/servers.ts'
import { serve, startStore, type Served } from '../../testing/serve.ts'
import { caller, holderToken, PIECE, serveClosed, type Caller } from '../testing/closed.ts'
import { startIdentityProvider, type IdentityProvider } from '../testing/identity-provider.ts'

const API = 'https://onerecord.iata.org/ns/api#'
const agentOf = (name: string): string => `https://${name}.test/logistics-objects/${name}`
let minio: MinioServer
let provider: IdentityProvider
let server: Served
let holder: Caller
const agents = new Map<string, Caller>()
beforeAll(async () => {
  minio = await startStore()
  provider = await startIdentityProvider()
  server = await serveClosed(minio, { trust: [{ issuer: provider.issuer, jwksUri: null, agents: null }] })
  holder = caller(server, await holderToken(server))
  for (const name of ['airline', 'handler', 'trucker', 'driver']) agents.set(name, caller(server, await provider.token(agentOf(name))))
})
afterAll(async () => {
  await Promise.all([server.stop(), provider.stop()])
  await minio.stop()
})
const as = (name: string): Caller => agents.get(name) ?? holder

const delegation = (objects: readonly string[], to: readonly string[], more: Record<string, unknown> = {}) => ({
  '@context': { api: API }, '@type': 'api:AccessDelegation', 'api:hasDescription': 'for handling', 'api:hasPermission': [{ '@id': 'api:GET_LOGISTICS_OBJECT' }],
  'api:isRequestedFor': to.map((name) => ({ '@id': agentOf(name) })), 'api:hasLogisticsObject': objects.map((iri) => ({ '@id': iri })), ...more,
})
const ask = async (who: string, objects: readonly string[], to: readonly string[], more: Record<string, unknown> = {}): Promise<string> => {
  const answer = await as(who).must(201, 'POST', '/access-delegations', delegation(objects, to, more))
  expect(answer.headers.get('type')).toBe(`${API}AccessDelegationRequest`)
  expect(await answer.text()).toBe('')
  return answer.headers.get('location') ?? ''
}
const accept = async (request: string) => holder.must(204, 'PATCH', `${request}?status=REQUEST_ACCEPTED`)
const statusOf = async (request: string): Promise<string> => (await holder.json<{ readonly 'api:hasRequestStatus': { readonly '@id': string } }>(request))['api:hasRequestStatus']['@id'].replace('api:', '')
const seen = async (...objects: readonly string[]) => Object.fromEntries(await Promise.all([...agents].map(async ([name, who]) => [name, await Promise.all(objects.map(async (iri) => (await who.status('GET', iri)) === 200))] as const)))

/** The airline has it for itself, asks for the handler, who asks for the trucker, who asks for the driver; all accepted. */
const trustChain = async (objects: readonly string[]): Promise<readonly string[]> => {
  const requests: string[] = []
  for (const [who, to] of [['airline', 'airline'], ['airline', 'handler'], ['handler', 'trucker'], ['trucker', 'driver']] as const) {
    const request = await ask(who, objects, [to])
    await accept(request)
    requests.push(request)
  }
  return requests
}

test('an agent asks for itself, sees its request wait, and has access once the holder accepts, until either takes it back', async () => {
  for (const [taker, who] of [['holder', holder], ['airline', as('airline')]] as const) {
    const piece = await holder.make(PIECE)
    const request = await ask('airline', [piece], ['airline'])
    expect(await as('airline').json(request)).toMatchObject({ '@type': 'api:AccessDelegationRequest', 'api:hasRequestStatus': { '@id': 'api:REQUEST_PENDING' }, 'api:isRequestedBy': { '@id': agentOf('airline') }, 'api:hasAccessDelegation': { 'api:hasPermission': [{ '@id': expect.stringMatching(/GET_LOGISTICS_OBJECT$/) as unknown }] } })
    expect([await as('airline').status('GET', piece), await as('handler').status('GET', request)]).toEqual([404, 404])
    expect(await as('airline').status('PATCH', `${request}?status=REQUEST_ACCEPTED`)).toBe(403)
    await accept(request)
    expect([taker, await seen(piece)]).toEqual([taker, { airline: [true], handler: [false], trucker: [false], driver: [false] }])
    await who.must(204, 'DELETE', request)
    expect([await statusOf(request), await as('airline').status('GET', piece)]).toEqual(['REQUEST_REVOKED', 404])
  }
})

test('one that is rejected or taken back before gives nothing', async () => {
  const piece = await holder.make(PIECE)
  const [rejected, revoked] = [await ask('airline', [piece], ['airline']), await ask('airline', [piece], ['airline'])]
  await holder.must(204, 'PATCH', `${rejected}?status=REQUEST_REJECTED`)
  await as('airline').must(204, 'DELETE', revoked)
  expect([await statusOf(rejected), await statusOf(revoked), await as('airline').status('GET', piece)]).toEqual(['REQUEST_REJECTED', 'REQUEST_REVOKED', 404])
})

test('the holder’s own is accepted at once, for several objects, agents and permissions', async () => {
  const pieces = [await holder.make(PIECE), await holder.make(PIECE)]
  const request = await ask('holder', pieces, ['airline', 'handler'], { 'api:hasPermission': [{ '@id': 'api:GET_LOGISTICS_OBJECT' }, { '@id': 'api:GET_LOGISTICS_EVENT' }] })
  expect([await statusOf(request), await seen(...pieces)]).toEqual(['REQUEST_ACCEPTED', { airline: [true, true], handler: [true, true], trucker: [false, false], driver: [false, false] }])
  expect(await as('handler').status('GET', `${pieces[1]}/logistics-events`)).toBe(200)
})

test('the holder’s own that cannot be carried out is kept as failed, and the refusal says where', async () => {
  const answer = await holder.must(422, 'POST', '/access-delegations', delegation([`${server.base}/logistics-objects/none`], ['airline']))
  expect(await statusOf(answer.headers.get('location') ?? '')).toBe('REQUEST_FAILED')
})

test('who asked for what is not there finds its audit trail as closed as whoever did not ask', async () => {
  const forbidding = await serveClosed(minio, { hideForbidden: false, trust: [{ issuer: provider.issuer, jwksUri: null, agents: null }] })
  const none = `${forbidding.base}/logistics-objects/none`
  const [airline, trucker] = await Promise.all(['airline', 'trucker'].map(async (name) => caller(forbidding, await provider.token(agentOf(name)))))
  await airline?.must(201, 'POST', '/access-delegations', delegation([none], ['airline']))
  for (const who of [airline, trucker]) expect(await who?.status('GET', `${none}/audit-trail`)).toBe(403)
  await forbidding.stop()
})

test('who asked for access to what is there finds its audit trail as closed', async () => {
  const object = await holder.make(PIECE)
  await ask('trucker', [object], ['trucker'])
  expect(await as('trucker').status('GET', `${object}/audit-trail`)).toBe(404)
})

describe('for others', () => {
  test('asks only who has the permission itself', async () => {
    const piece = await holder.make(PIECE)
    expect(await as('airline').status('POST', '/access-delegations', delegation([piece], ['handler']))).toBe(403)
    await accept(await ask('airline', [piece], ['airline']))
    expect(await as('airline').status('POST', '/access-delegations', delegation([piece], ['handler'], { 'api:hasPermission': { '@id': 'api:PATCH_LOGISTICS_OBJECT' } }))).toBe(403)
    await ask('airline', [piece], ['handler'])
  })

  test('who lost it before the holder decides gives nothing: the request fails', async () => {
    const piece = await holder.make(PIECE)
    const own = await ask('airline', [piece], ['airline'])
    await accept(own)
    const request = await ask('airline', [piece], ['handler'])
    await holder.must(204, 'DELETE', own)
    await holder.send('PATCH', `${request}?status=REQUEST_ACCEPTED`)
    expect([await statusOf(request), (await seen(piece))['handler']]).toEqual(['REQUEST_FAILED', [false]])
  })

  test('nothing holds longer than what it rests on', async () => {
    const piece = await holder.make(PIECE)
    const at = (year: number) => ({ 'api:expiresAt': { '@type': 'http://www.w3.org/2001/XMLSchema#dateTime', '@value': `${year}-01-01T00:00:00Z` } })
    await accept(await ask('airline', [piece], ['airline'], at(2090)))
    for (const [year, to] of [[2095, 'handler'], [2080, 'trucker']] as const) await accept(await ask('airline', [piece], [to], at(year)))
    const { items } = await holder.json<{ readonly items: readonly { readonly agent: string; readonly expiresAt: string }[] }>(`/holder/grants?object=${piece}`)
    expect(Object.fromEntries(items.map(({ agent, expiresAt }) => [agent, expiresAt.slice(0, 4)]))).toEqual({ [agentOf('airline')]: '2090', [agentOf('handler')]: '2090', [agentOf('trucker')]: '2080' })
  })
})

describe('a trust chain', () => {
  test.each([0, 1, 2, 3])('that is revoked at its link %i is revoked behind it, requests and access, and holds before it', async (lost) => {
    const piece = await holder.make(PIECE)
    const requests = await trustChain([piece])
    expect(await seen(piece)).toEqual({ airline: [true], handler: [true], trucker: [true], driver: [true] })
    await holder.must(204, 'DELETE', requests[lost] ?? '')
    expect(Object.values(await seen(piece)).map(([has]) => has)).toEqual([0, 1, 2, 3].map((link) => link < lost))
    expect(await Promise.all(requests.map(statusOf))).toEqual([0, 1, 2, 3].map((link) => (link < lost ? 'REQUEST_ACCEPTED' : 'REQUEST_REVOKED')))
  })

  test('whose first grant the holder ends falls with it', async () => {
    const piece = await holder.make(PIECE)
    const requests = await trustChain([piece])
    const { items } = await holder.json<{ readonly items: readonly { readonly id: string }[] }>(`/holder/grants?object=${piece}&agent=${agentOf('airline')}`)
    await holder.must(204, 'DELETE', `/holder/grants/${items[0]?.id}`)
    expect([await seen(piece), await Promise.all(requests.map(statusOf))]).toEqual([{ airline: [false], handler: [false], trucker: [false], driver: [false] }, requests.map(() => 'REQUEST_REVOKED')])
  })

  test('over several objects falls only where it is cut', async () => {
    const pieces = [await holder.make(PIECE), await holder.make(PIECE)]
    const requests = await trustChain(pieces)
    const { items } = await holder.json<{ readonly items: readonly { readonly id: string }[] }>(`/holder/grants?object=${pieces[0]}&agent=${agentOf('handler')}`)
    await holder.must(204, 'DELETE', `/holder/grants/${items[0]?.id}`)
    expect(await seen(...pieces)).toEqual({ airline: [true, true], handler: [false, true], trucker: [false, true], driver: [false, true] })
    expect(new Set(await Promise.all(requests.map(statusOf)))).toEqual(new Set(['REQUEST_ACCEPTED']))
  })

  test('survives a restart as it was', async () => {
    const piece = await holder.make(PIECE)
    const requests = await trustChain([piece])
    await holder.must(204, 'DELETE', requests[1] ?? '')
    const { storage, access, limits } = server.claim
    await server.stop()
    server = await serve(minio, { storage, epoch: 2, settings: { access, limits } })
    holder = caller(server, await holderToken(server))
    for (const name of agents.keys()) agents.set(name, caller(server, await provider.token(agentOf(name))))
    expect(Object.values(await seen(piece)).map(([has]) => has)).toEqual([true, false, false, false])
  })
})

test('whether an object exists is not told to who asks; the holder’s yes fails', async () => {
  const request = await ask('airline', [`${server.base}/logistics-objects/none`], ['airline'])
  await holder.send('PATCH', `${request}?status=REQUEST_ACCEPTED`)
  expect(await statusOf(request)).toBe('REQUEST_FAILED')
})

test.each([
  ['of another type', { '@type': 'api:Subscription' }], ['without a permission', { 'api:hasPermission': [] }], ['with a permission that is none', { 'api:hasPermission': { '@id': 'api:DELETE_LOGISTICS_OBJECT' } }],
  ['for nobody', { 'api:isRequestedFor': [] }], ['for somebody without an address', { 'api:isRequestedFor': { '@id': 'urn:x' } }], ['of nothing', { 'api:hasLogisticsObject': [] }],
  ['of an object of another server', { 'api:hasLogisticsObject': { '@id': 'https://elsewhere.test/logistics-objects/1' } }], ['with an end that is no time', { 'api:expiresAt': 'soon' }],
  ['with two ends', { 'api:expiresAt': ['2090-01-01T00:00:00Z', '2091-01-01T00:00:00Z'] }], ['with a flag that is none', { 'api:notifyRequestStatusChange': 'maybe' }],
  ['of too much', { 'api:hasLogisticsObject': Array.from({ length: 501 }, (_, n) => ({ '@id': `http://demo.play.test/logistics-objects/${n}` })) }],
])('one %s is refused and nothing is kept', async (_, more) => {
  const answer = await as('airline').send('POST', '/access-delegations', delegation([`${server.base}/logistics-objects/x`], ['airline'], more))
  expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ '@type': 'api:Error', 'api:hasTitle': 'Invalid body request' })])
})

test('one that would have ended before it begins, of another media type, or of nobody is refused', async () => {
  const body = delegation([`${server.base}/logistics-objects/x`], ['airline'], { 'api:expiresAt': '2020-01-01T00:00:00Z' })
  expect(await as('airline').status('POST', '/access-delegations', body)).toBe(422)
  expect((await as('airline').send('POST', '/access-delegations', body, { 'content-type': 'text/turtle' })).status).toBe(415)
  expect(await caller(server, null).status('POST', '/access-delegations', body)).toBe(401)
})
