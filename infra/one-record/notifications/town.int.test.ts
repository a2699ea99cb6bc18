import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { CARGO } from '../namespaces.ts'
import { change, eventually, inboxOf, location, piece, startTown, subscription, type Neighbour, type Town } from './testing/town.ts'

let town: Town
/** A subscribes, B publishes. */
let a: Neighbour
let b: Neighbour
beforeAll(async () => {
  town = await startTown()
  a = await town.neighbour('a')
  b = await town.neighbour('b')
})
afterAll(() => town.stop())

const make = (text?: string) => location(b.must('POST', `${b.base}/logistics-objects`, piece(text)))
const grant = (object: string, permissions: readonly string[], agent = a.holder) => b.must('POST', `${b.base}/holder/grants`, { objects: [object], permissions, agent })
const accept = (request: string) => b.must('PATCH', `${request}?status=REQUEST_ACCEPTED`)
/** An active subscription of A to an object or class of B; resolves to its request. */
const subscribe = async (topic: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  const request = await location(a.must('POST', `${b.base}/subscriptions`, subscription(a.holder, topic, more)))
  await accept(request)
  return request
}
/** What A heard about an object. */
const heard = async (object: string) => (await inboxOf(a)).filter((item) => item.object === object)
const deliveriesOf = (object: string) => town.edge.deliveries.filter(({ body }) => body.includes(`"${object}"`))

test('A subscribes to B\'s piece, B accepts, A asks for a change, B accepts that: A finds it in its inbox', async () => {
  const object = await make()
  await grant(object, ['GET_LOGISTICS_OBJECT', 'PATCH_LOGISTICS_OBJECT', 'POST_LOGISTICS_EVENT', 'GET_LOGISTICS_EVENT'])
  const request = await location(a.must('POST', `${b.base}/subscriptions`, subscription(a.holder, object)))
  expect((await a.must('GET', request)).json()).toMatchObject({ '@type': 'api:SubscriptionRequest', 'api:hasRequestStatus': { '@id': 'api:REQUEST_PENDING' }, 'api:isRequestedBy': { '@id': a.holder } })
  expect(await inboxOf(b)).toContainEqual(expect.objectContaining({ eventType: 'SUBSCRIPTION_REQUEST_PENDING', triggeredBy: request }))
  expect((await a.ask('PATCH', `${request}?status=REQUEST_ACCEPTED`)).status).toBe(403)
  await accept(request)

  const changed = await location(a.must('PATCH', object, change(object, 1, 'books', 'more books', true)))
  expect(await inboxOf(b)).toContainEqual(expect.objectContaining({ eventType: 'CHANGE_REQUEST_PENDING', triggeredBy: changed }))
  await accept(changed)
  await a.must('POST', `${object}/logistics-events`, {
    '@context': { cargo: CARGO }, '@type': 'cargo:LogisticsEvent', 'cargo:eventDate': { '@type': 'http://www.w3.org/2001/XMLSchema#dateTime', '@value': '2026-01-01T00:00:00Z' },
  })
  await eventually(async () => expect(await heard(object)).toHaveLength(4))
  const told = await heard(object)
  expect(told.map(({ eventType }) => eventType)).toEqual(['LOGISTICS_OBJECT_ACCESS_GRANTED', 'CHANGE_REQUEST_ACCEPTED', 'LOGISTICS_OBJECT_UPDATED', 'LOGISTICS_EVENT_RECEIVED'])
  const updated = told.find(({ eventType }) => eventType === 'LOGISTICS_OBJECT_UPDATED')
  expect(updated).toMatchObject({ sender: b.holder, triggeredBy: request, isRead: false })
  expect((await a.must('GET', `${a.base}/holder/inbox/${updated?.id}`)).json()).toMatchObject({
    '@type': 'api:Notification', 'api:hasEventType': { '@id': 'api:LOGISTICS_OBJECT_UPDATED' }, 'api:hasLogisticsObject': { '@id': object },
    'api:hasLogisticsObjectType': { '@value': `${CARGO}Piece` }, 'api:hasChangedProperty': [{ '@value': `${CARGO}goodsDescription` }], 'api:isTriggeredBy': { '@id': request },
  })
  expect(told.find(({ eventType }) => eventType === 'CHANGE_REQUEST_ACCEPTED')).toMatchObject({ triggeredBy: changed })
})

/** B changes the description of its own object, which is applied at once. */
const describe = (object: string, revision: number, from: string, to: string) => b.must('PATCH', object, change(object, revision, from, to))
const outboxOf = async (object: string) => (await b.must('GET', `${b.base}/holder/outbox?limit=200`)).json<{ items: readonly { id: string; agent: string; object: string; failures: number; reason: string | null; dueAt: string }[] }>().items.filter((item) => object.endsWith(`/${item.object}`))
const deadOf = async (object: string) => (await b.must('GET', `${b.base}/holder/dead-letters?limit=200`)).json<{ items: readonly { id: string; object: string; reason: string }[] }>().items.filter((item) => object.endsWith(`/${item.object}`))
const retry = (agent = a.holder) => b.must('POST', `${b.base}/holder/outbox/retry`, { agent })
/** An object of B that A is subscribed to, and the request of that. */
const subscribed = async () => {
  const object = await make('0')
  await grant(object, ['GET_LOGISTICS_OBJECT'])
  await eventually(async () => expect(await heard(object)).toHaveLength(1))
  return { object, request: await subscribe(object) }
}
const updates = async (object: string) => (await heard(object)).filter(({ eventType }) => eventType === 'LOGISTICS_OBJECT_UPDATED')

test('each change arrives once, in order, although deliveries are cut, answers are lost and B is killed meanwhile', async () => {
  const { object } = await subscribed()
  town.edge.next('a', [{ kind: 'lose-answer' }, { kind: 'cut' }, { kind: 'lose-answer' }, { kind: 'answer', status: 503, headers: { 'retry-after': '1' } }, { kind: 'lose-answer' }])
  const CHANGES = 12
  for (let index = 0; index < CHANGES; index += 1) {
    await describe(object, index + 1, String(index), String(index + 1))
    if (index % 4 !== 2) continue
    await b.kill()
    await b.start()
  }
  await eventually(async () => {
    await b.ask('POST', `${b.base}/holder/outbox/retry`, { agent: a.holder }) // the waits are not what is tested here
    expect(await outboxOf(object)).toEqual([])
  })
  const ids = deliveriesOf(object).filter(({ passed, body }) => passed && body.includes('UPDATED')).map(({ id }) => id)
  expect(new Set(ids).size).toBe(CHANGES)
  expect(ids.length).toBeGreaterThan(CHANGES) // some came twice
  expect([...new Set(ids)]).toEqual([...new Set(ids)].toSorted())
  expect(await updates(object)).toHaveLength(CHANGES)
}, 120_000)

test('while A is away what it is owed waits and says why; when it is back it gets it without being asked for', async () => {
  const { object } = await subscribed()
  await a.kill()
  await describe(object, 1, '0', '1')
  await eventually(async () => expect(await outboxOf(object)).toEqual([expect.objectContaining({ agent: a.holder, reason: expect.stringContaining('not reachable') as unknown, failures: expect.toSatisfy((count: number) => count >= 2) as unknown })]))
  await a.start()
  await eventually(async () => expect(await updates(object)).toHaveLength(1))
  await eventually(async () => expect(await outboxOf(object)).toEqual([])) // written down after a turn
})

test('what A refuses for good is a dead letter at once, delays nothing, and can be replayed or discarded', async () => {
  const { object } = await subscribed()
  town.edge.next('a', [{ kind: 'answer', status: 400 }, { kind: 'answer', status: 403 }])
  for (const revision of [1, 2, 3]) await describe(object, revision, String(revision - 1), String(revision))
  await eventually(async () => expect(await updates(object)).toHaveLength(1))
  await eventually(async () => expect((await deadOf(object)).map(({ reason }) => reason)).toEqual(['answered 400', 'answered 403']))
  const [first, second] = await deadOf(object)
  expect((await b.must('POST', `${b.base}/holder/dead-letters/replay`, { ids: [first?.id, 'none'] })).json()).toEqual({ count: 1 })
  await eventually(async () => expect(await updates(object)).toHaveLength(2))
  expect(deliveriesOf(object).filter(({ id }) => id === first?.id).map(({ passed }) => passed)).toEqual([false, true])
  expect((await b.must('POST', `${b.base}/holder/dead-letters/discard`, { ids: [second?.id] })).json()).toEqual({ count: 1 })
  expect(await deadOf(object)).toEqual([])

  town.edge.next('a', [{ kind: 'answer', status: 400 }])
  await describe(object, 4, '3', '4')
  await eventually(async () => expect(await deadOf(object)).toHaveLength(1))
  expect((await b.must('POST', `${b.base}/holder/dead-letters/replay`, { all: true, agent: b.holder })).json()).toEqual({ count: 0 })
  expect((await b.must('POST', `${b.base}/holder/dead-letters/replay`, { all: true, agent: a.holder })).json()).toEqual({ count: 1 })
  await eventually(async () => expect(await updates(object)).toHaveLength(3))
})

test('who takes deliveries slowly delays nobody else', async () => {
  const { object } = await subscribed()
  const slow = `${town.edge.base('slow')}/logistics-objects/_data-holder`
  await grant(object, ['GET_LOGISTICS_OBJECT'], slow)
  town.edge.always('slow', { kind: 'hang' })
  await b.must('POST', `${b.base}/subscriptions`, subscription(slow, object))
  await describe(object, 1, '0', '1')
  await eventually(async () => expect(town.edge.deliveries.some(({ to }) => to === 'slow')).toBe(true))
  await describe(object, 2, '1', '2')
  await eventually(async () => expect(await updates(object)).toHaveLength(2))
  expect((await outboxOf(object)).filter(({ agent }) => agent === slow).length).toBeGreaterThan(1)
})

/** Everything that A is owed was tried or dropped: something owed later has come. */
const sentinel = async (): Promise<void> => {
  const { object } = await subscribed()
  await describe(object, 1, '0', '1')
  await eventually(async () => expect(await updates(object)).toHaveLength(1))
}

test.each(['revoked', 'forbidden'])('what is %s between its commit and its delivery is not sent', async (how) => {
  const { object, request } = await subscribed()
  town.edge.always('a', { kind: 'cut' })
  await describe(object, 1, '0', '1')
  await eventually(async () => expect(await outboxOf(object)).toEqual([expect.objectContaining({ failures: expect.toSatisfy((count: number) => count >= 1) as unknown })]))
  if (how === 'revoked') await a.must('DELETE', request)
  else {
    const { items } = (await b.must('GET', `${b.base}/holder/grants?object=${encodeURIComponent(object)}`)).json<{ items: readonly { id: string }[] }>()
    for (const { id } of items) await b.must('DELETE', `${b.base}/holder/grants/${id}`)
  }
  const before = deliveriesOf(object).length
  town.edge.always('a', null)
  await retry()
  await sentinel()
  expect(await updates(object)).toEqual([])
  await eventually(async () => expect(await outboxOf(object)).toEqual([])) // written down after a turn
  expect(deliveriesOf(object).slice(before).filter(({ passed }) => passed)).toEqual([])
})

test('a subscription that has expired gets nothing, and may be asked for again', async () => {
  const object = await make('0')
  await grant(object, ['GET_LOGISTICS_OBJECT'])
  const until = new Date(Date.now() + 3_000).toISOString()
  const expiring = { 'api:expiresAt': { '@type': 'http://www.w3.org/2001/XMLSchema#dateTime', '@value': until } }
  await subscribe(object, expiring)
  await vi.waitUntil(() => Date.now() > Date.parse(until), { timeout: 10_000, interval: 100 })
  await describe(object, 1, '0', '1')
  await sentinel()
  expect(await updates(object)).toEqual([])
  await subscribe(object)
  await describe(object, 2, '1', '2')
  await eventually(async () => expect(await updates(object)).toHaveLength(1))
})
