import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { API, CARGO } from '../namespaces.ts'
import { piece, subscription } from '../notifications/testing/town.ts'
import { startStore, type Served } from '../testing/serve.ts'
import { STRANGERS, STRANGERS_BODY } from './shares.ts'
import { caller, holderToken, serveClosed, type Caller } from './testing/closed.ts'
import { startIdentityProvider, type IdentityProvider } from './testing/identity-provider.ts'

let minio: MinioServer
let provider: IdentityProvider
let served: Served
let holder: Caller
beforeAll(async () => {
  minio = await startStore()
  provider = await startIdentityProvider()
  served = await serveClosed(minio, { trust: [{ issuer: provider.issuer, jwksUri: null, agents: null }] })
  holder = caller(served, await holderToken(served))
})
afterAll(async () => {
  await Promise.all([served.stop(), provider.stop()])
  await minio.stop()
})

const agentOf = (server: string, name = 'organization') => `https://${server}.test/logistics-objects/${name}`
const agent = async (uri: string): Promise<Caller> => caller(served, await provider.token(uri))
const notification = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  '@context': { api: API }, '@type': 'api:Notification', 'api:hasEventType': { '@id': 'api:LOGISTICS_OBJECT_UPDATED' }, 'api:hasLogisticsObject': { '@id': `https://elsewhere.test/logistics-objects/${name}` }, ...more,
})
const large = notification('large', { 'api:hasDescription': 'x'.repeat(STRANGERS_BODY) })
/** Statuses of so many notifications, one after the other, and how often each. */
const flood = async (from: Caller, name: string, count: number): Promise<Readonly<Record<number, number>>> => {
  const statuses: Record<number, number> = {}
  for (let index = 0; index < count; index += 1) {
    const status = await from.status('POST', '/notifications', notification(`${name}-${index}`))
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  return statuses
}
type Items = { readonly items: readonly { readonly id: string; readonly sender: string; readonly object: string }[]; readonly next: string | null }
const inbox = async (sender: string, query = ''): Promise<Items['items']> => {
  const found: Items['items'][number][] = []
  for (let path: string | null = `/holder/inbox?limit=200${query}`; path !== null; ) {
    const page: Items = await holder.json<Items>(path)
    found.push(...page.items.filter((item) => item.sender.startsWith(sender)))
    path = page.next
  }
  return found
}
const read = (ids: readonly string[], isRead = true) => holder.must(200, 'PATCH', '/holder/inbox', { ids, isRead })
const errorOf = async (answer: Response) => [answer.status, answer.headers.get('retry-after'), await answer.text()] as const

test('of a server that the holder does not know so many notifications are unread and no more, whatever its agents call themselves; what is read makes room', async () => {
  const { each } = STRANGERS.notifications
  const one = await agent(agentOf('stranger'))
  const other = await agent(agentOf('stranger', 'another'))
  expect(await flood(one, 'one', each - 10)).toEqual({ 204: each - 10 })
  expect(await flood(other, 'other', 15)).toEqual({ 204: 10, 429: 5 })
  expect(await errorOf(await one.send('POST', '/notifications', notification('late')))).toEqual([429, expect.stringMatching(/^\d+$/), expect.stringContaining(`${each} notifications of your server`)])
  // what is there already is said to be there
  expect(await one.status('POST', '/notifications', notification('one-0'))).toBe(204)
  const items = await inbox('https://stranger.test/')
  expect(items).toHaveLength(each)
  expect(items[0]).not.toHaveProperty('isStrangers')

  const two = items.slice(0, 2).map(({ id }) => id)
  await read(two)
  await read(two.slice(1), false)
  expect(await flood(one, 'again', 3)).toEqual({ 204: 1, 429: 2 })
  expect(await flood(await agent(agentOf('bystander')), 'bystander', 1)).toEqual({ 204: 1 })
})

test('a notification of a stranger is small; who is known may say more, and more often', async () => {
  const known: readonly (readonly [string, (uri: string) => Promise<unknown>])[] = [
    ['partner', (uri) => holder.must(201, 'POST', '/holder/partners', { uri, name: 'x' })],
    ['connection', (uri) => holder.must(204, 'PUT', '/holder/connections', { agent: uri })],
    ['client', (uri) => holder.must(201, 'POST', '/holder/clients', { name: 'x', agent: uri })],
    ['grantee', async (uri) => holder.must(201, 'POST', '/holder/grants', { objects: [await holder.make(piece())], permissions: ['GET_LOGISTICS_OBJECT'], agent: uri })],
    ['wished', (uri) => holder.must(204, 'PUT', '/holder/wishes', { wishes: [{ topicType: 'LOGISTICS_OBJECT_IDENTIFIER', topic: `${new URL(uri).origin}/*` }] })],
  ]
  for (const [server, makeKnown] of known) {
    const asking = await agent(agentOf(server))
    expect(await errorOf(await asking.send('POST', '/notifications', large))).toEqual([413, null, expect.stringContaining(String(STRANGERS_BODY))])
    await makeKnown(agentOf(server))
    expect([server, await asking.status('POST', '/notifications', large)]).toEqual([server, 204])
    if (server === 'partner') expect(await flood(asking, server, STRANGERS.notifications.each + 5)).toEqual({ 204: STRANGERS.notifications.each + 5 })
  }
  const clients = await holder.json<{ readonly items: readonly { readonly id: string }[] }>('/holder/clients')
  await holder.must(204, 'DELETE', `/holder/clients/${clients.items[0]?.id}`)
  expect(await (await agent(agentOf('client'))).status('POST', '/notifications', large)).toBe(413)
})

test('all that are not known have one share together; read ones of theirs go for new ones, and nobody else\'s', async () => {
  const before = await inbox('')
  const known = before.filter(({ sender }) => sender === agentOf('partner')).length
  const { each, all } = STRANGERS.notifications
  const taken: Record<number, number> = {}
  await Promise.all(Array.from({ length: all / each + 1 }, async (_, index) => {
    for (const [status, count] of Object.entries(await flood(await agent(agentOf(`crowd-${index}`)), 'crowd', each))) taken[Number(status)] = (taken[Number(status)] ?? 0) + count
  }))
  // those of the first test are unread still, but for one
  expect(taken[204]).toBe(all - each - 1)
  expect(await errorOf(await (await agent(agentOf('latecomer'))).send('POST', '/notifications', notification('late')))).toEqual([429, expect.any(String), expect.stringContaining(`${all} notifications of agents`)])
  expect(await (await agent(agentOf('partner'))).status('POST', '/notifications', notification('welcome'))).toBe(204)

  const crowd = await inbox('https://crowd-')
  await read(crowd.slice(0, 50).map(({ id }) => id))
  expect(await flood(await agent(agentOf('latecomer')), 'late', 51)).toEqual({ 204: 50, 429: 1 })
  expect(await inbox(agentOf('partner'))).toHaveLength(known + 1)
  // one was read in the first test, 50 now: the oldest of those that were read went
  expect(await inbox('https://stranger.test/')).toHaveLength(each)
  expect((await inbox('https://crowd-')).length + (await inbox('https://latecomer.test/')).length).toBe(all - each - 1)
}, 120_000)

const asked = (server: string, index: number) => subscription(agentOf(server, `subscriber-${index}`), `${CARGO}Piece`)
const delegation = (server: string, index: number) => ({
  '@context': { api: API }, '@type': 'api:AccessDelegation', 'api:hasPermission': { '@id': 'api:GET_LOGISTICS_OBJECT' }, 'api:isRequestedFor': { '@id': agentOf(server) }, 'api:hasLogisticsObject': { '@id': `${served.base}/logistics-objects/${index}` },
})

/** An object that every agent may read, and so verify. */
const makeOpen = async (): Promise<string> => {
  const object = await holder.make(piece())
  await holder.must(201, 'POST', '/holder/grants', { objects: [object], permissions: ['GET_LOGISTICS_OBJECT'], public: true })
  return object
}
const verification = (object: string) => ({
  '@context': { api: API, cargo: CARGO }, '@type': 'api:Verification', 'api:hasLogisticsObject': { '@id': object }, 'api:hasRevision': 1,
  'api:hasError': { '@type': 'api:Error', 'api:hasTitle': 'wrong', 'api:hasErrorDetail': { '@type': 'api:ErrorDetail', 'api:hasCode': '1', 'api:hasProperty': `${CARGO}goodsDescription`, 'api:hasResource': object } },
})

test('so many requests of a stranger wait and no more; a decision makes room, taking one back does not on the same day; who is known has more', async () => {
  const { each } = STRANGERS.requests
  const stranger = await agent(agentOf('asking'))
  const locations: string[] = []
  for (let index = 0; index < each; index += 1) {
    const [path, body] = index % 2 === 0 ? ['/subscriptions', asked('asking', index)] : ['/access-delegations', delegation('asking', index)]
    locations.push((await stranger.must(201, 'POST', path as string, body)).headers.get('location') ?? '')
  }
  const refused = async () => {
    for (const [path, body] of [['/subscriptions', asked('asking', 1_000)], ['/access-delegations', delegation('asking', 1_000)]] as const) {
      expect(await errorOf(await stranger.send('POST', path, body))).toEqual([422, null, expect.stringContaining(`${each} requests of your server`)])
    }
  }
  await refused()
  const [first, second, third] = locations as [string, string, string]
  await stranger.must(204, 'DELETE', first)
  await refused()
  await holder.must(204, 'PATCH', `${second}?status=REQUEST_REJECTED`)
  await stranger.must(201, 'POST', '/access-delegations', delegation('asking', 2_000))
  await refused()
  await holder.must(204, 'PATCH', `${third}?status=REQUEST_ACCEPTED`)
  await stranger.must(204, 'DELETE', third)
  await stranger.must(201, 'POST', '/access-delegations', delegation('asking', 3_000))
  await refused()

  const open = await makeOpen()
  expect(await stranger.status('POST', open, verification(open))).toBe(422)

  await holder.must(201, 'POST', '/holder/partners', { uri: agentOf('asking'), name: 'x' })
  for (let index = 0; index < each + 5; index += 1) await stranger.must(201, 'POST', '/access-delegations', delegation('asking', 4_000 + index))
  expect(await stranger.status('POST', open, verification(open))).toBe(201)
}, 120_000)

test('requests that go with an erased object wait no more', async () => {
  const [gone, stays] = [await makeOpen(), await makeOpen()]
  const verifier = await agent(agentOf('verifying'))
  for (let index = 0; index < STRANGERS.requests.each; index += 1) await verifier.must(201, 'POST', gone, verification(gone))
  expect(await verifier.status('POST', stays, verification(stays))).toBe(422)
  await holder.must(201, 'POST', '/holder/erasures', { logisticsObject: gone })
  await verifier.must(201, 'POST', stays, verification(stays))
})
