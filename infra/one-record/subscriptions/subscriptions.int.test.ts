import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API, CARGO } from '../namespaces.ts'
import { change, eventually, inboxOf, location, piece, startTown, subscription, type Neighbour, type Town } from '../notifications/testing/town.ts'

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

const make = (body: object = piece()) => location(b.must('POST', `${b.base}/logistics-objects`, body))
const grant = (object: string, permissions: readonly string[] = ['GET_LOGISTICS_OBJECT'], agent = a.holder) => b.must('POST', `${b.base}/holder/grants`, { objects: [object], permissions, agent })
const statusOf = async (request: string) => (await b.must('GET', request)).json<{ 'api:hasRequestStatus': { '@id': string } }>()['api:hasRequestStatus']['@id']
const refusal = (status: number, property?: string) => ({
  status, json: expect.objectContaining({ '@type': 'api:Error', 'api:hasErrorDetail': [expect.objectContaining({ 'api:hasCode': String(status), ...(property === undefined ? {} : { 'api:hasProperty': expect.objectContaining({ '@value': API + property }) as unknown }) })] }) as unknown,
})
const answerOf = async (asked: ReturnType<Neighbour['ask']>) => {
  const answer = await asked
  return { status: answer.status, json: answer.json() }
}

describe('by the subscriber', () => {
  test('it is a request of its own, immutable, and the same is not taken twice until it has ended', async () => {
    const object = await make()
    await grant(object)
    const asked = await a.must('POST', `${b.base}/subscriptions`, subscription(a.holder, object))
    expect(asked).toMatchObject({ status: 201, text: '', headers: { type: `${API}SubscriptionRequest`, location: expect.stringMatching(/\/action-requests\/[^/]+$/) as unknown } })
    const request = String(asked.headers['location'])
    expect(await answerOf(a.ask('POST', `${b.base}/subscriptions`, subscription(a.holder, object)))).toEqual(refusal(422, 'hasTopic'))
    await b.must('PATCH', `${request}?status=REQUEST_ACCEPTED`)
    expect(await answerOf(a.ask('POST', `${b.base}/subscriptions`, subscription(a.holder, object)))).toEqual(refusal(422, 'hasTopic'))
    await a.must('POST', `${b.base}/subscriptions`, subscription(a.holder, object, { 'api:sendLogisticsObjectBody': true }))
    const listed = async () => (await b.must('GET', `${b.base}/holder/subscriptions`)).json<{ items: readonly { request: string }[] }>().items.filter((item) => item.request === request)
    expect(await listed()).toEqual([expect.objectContaining({ subscriber: a.holder, topicType: 'LOGISTICS_OBJECT_IDENTIFIER', topic: object, sendBody: false, expiresAt: null })])
    await a.must('DELETE', request)
    expect(await listed()).toEqual([])
    await a.must('POST', `${b.base}/subscriptions`, subscription(a.holder, object))
  })

  test('it waits for the holder, unless the holder takes this agent\'s as they come; one for somebody else always waits', async () => {
    const object = await make()
    await grant(object)
    await b.must('PUT', `${b.base}/holder/connections`, { agent: a.holder, acceptsSubscriptions: true })
    expect(await statusOf(await location(a.must('POST', `${b.base}/subscriptions`, subscription(a.holder, object))))).toBe('api:REQUEST_ACCEPTED')
    const other = `${town.edge.base('c')}/logistics-objects/_data-holder`
    await grant(object, ['GET_LOGISTICS_OBJECT'], other)
    expect(await statusOf(await location(a.must('POST', `${b.base}/subscriptions`, subscription(other, object))))).toBe('api:REQUEST_PENDING')
    await b.must('DELETE', `${b.base}/holder/connections?agent=${encodeURIComponent(a.holder)}`)
    expect(await statusOf(await location(a.must('POST', `${b.base}/subscriptions`, subscription(a.holder, `${CARGO}ULD`))))).toBe('api:REQUEST_PENDING')
  })

  test('an object that is not there and one that may not be read get the same answer', async () => {
    const hidden = await answerOf(a.ask('POST', `${b.base}/subscriptions`, subscription(a.holder, await make())))
    const missing = await answerOf(a.ask('POST', `${b.base}/subscriptions`, subscription(a.holder, `${b.base}/logistics-objects/none`)))
    const foreign = await answerOf(a.ask('POST', `${b.base}/subscriptions`, subscription(a.holder, 'https://elsewhere.test/logistics-objects/1')))
    for (const answer of [hidden, missing, foreign]) expect(answer).toEqual(refusal(422, 'hasTopic'))
  })

  test('who asks in the name of another learns nothing of what that one may read or has asked for, and keeps it from nothing', async () => {
    const c = await town.neighbour('c')
    const object = await make()
    await grant(object)
    expect(await answerOf(c.ask('POST', `${b.base}/subscriptions`, subscription(a.holder, object)))).toEqual(refusal(422, 'hasTopic'))
    await c.must('POST', `${b.base}/subscriptions`, subscription(a.holder, `${CARGO}Shipment`))
    await a.must('POST', `${b.base}/subscriptions`, subscription(a.holder, `${CARGO}Shipment`))
    await a.must('POST', `${b.base}/subscriptions`, subscription(a.holder, `${CARGO}Booking`))
    await c.must('POST', `${b.base}/subscriptions`, subscription(a.holder, `${CARGO}Booking`))
  })

  test.each([
    ['no token', { authorization: '' }, undefined, 401], ['a body of another type', { 'content-type': 'text/turtle' }, {}, 415],
    ['a body that is no subscription', {}, { '@context': { api: API }, '@type': 'api:Change' }, 400],
  ])('%s is refused', async (_name, headers, body, status) => {
    const answer = await answerOf(a.ask('POST', `${b.base}/subscriptions`, body ?? subscription(a.holder, `${CARGO}Piece`), headers))
    expect(answer).toEqual(refusal(status))
  })

  test('a subscription to a class hears of all below it, once, with bodies where they are wanted, and of nothing it may not read', async () => {
    for (const [topic, more] of [[`${CARGO}PhysicalLogisticsObject`, { 'api:sendLogisticsObjectBody': true }], [`${CARGO}Piece`, {}]] as const) {
      const request = await location(a.must('POST', `${b.base}/subscriptions`, subscription(a.holder, topic, more)))
      await b.must('PATCH', `${request}?status=REQUEST_ACCEPTED`)
    }
    const [open, closed, last] = [await make(piece('0')), await make(piece('0')), await make(piece('0'))]
    for (const object of [open, last]) await grant(object)
    for (const object of [closed, open, last]) await b.must('PATCH', object, change(object, 1, '0', '1'))
    const told = async (object: string) => (await inboxOf(a)).filter((item) => item.object === object)
    // in order: what was owed before this has come, or will not
    await eventually(async () => expect((await told(last)).map(({ eventType }) => eventType)).toContain('LOGISTICS_OBJECT_UPDATED'))
    for (const object of [open, last]) expect((await told(object)).map(({ eventType }) => eventType)).toEqual(['LOGISTICS_OBJECT_ACCESS_GRANTED', 'LOGISTICS_OBJECT_UPDATED'])
    expect(await told(closed)).toEqual([])
    const updated = (await told(open)).at(-1)
    expect((await a.must('GET', `${a.base}/holder/inbox/${updated?.id}`)).json()).toMatchObject({ 'api:hasLogisticsObject': { '@id': open, '@type': 'cargo:Piece', 'cargo:goodsDescription': '1', 'api:hasRevision': 2 } })
  })
})

describe('by the publisher', () => {
  const ask = (topicType: string, topic: string) => b.ask('GET', `${a.base}/subscriptions?topicType=${topicType}&topic=${topic}`)

  test('the subscriber says what it wants, until its holder says otherwise', async () => {
    const answer = await ask('https://onerecord.iata.org/ns/api%23LOGISTICS_OBJECT_TYPE', 'https://onerecord.iata.org/ns/cargo%23Piece')
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/ld+json; version=2.3.0', 'content-language': 'en-US' } })
    expect(answer.json()).toMatchObject({ '@type': 'api:Subscription', 'api:hasSubscriber': { '@id': a.holder }, 'api:hasTopic': { '@value': `${CARGO}Piece` } })

    await a.must('PUT', `${a.base}/holder/wishes`, { wishes: [{ topicType: 'LOGISTICS_OBJECT_TYPE', topic: `${CARGO}Shipment`, events: ['LOGISTICS_OBJECT_CREATED'], sendBody: true }] })
    expect((await ask('LOGISTICS_OBJECT_TYPE', 'https://onerecord.iata.org/ns/cargo/Shipment')).json()).toMatchObject({ 'api:includeSubscriptionEventType': [{ '@id': 'api:LOGISTICS_OBJECT_CREATED' }], 'api:sendLogisticsObjectBody': true })
    expect(await answerOf(ask('LOGISTICS_OBJECT_TYPE', 'https://onerecord.iata.org/ns/cargo/Piece'))).toEqual(refusal(422, 'hasTopic'))
    expect(await answerOf(ask('LOGISTICS_OBJECT_TYPE', 'https://onerecord.iata.org/ns/cargo/ForkLift'))).toEqual(refusal(400))
    expect((await b.ask('PUT', `${a.base}/holder/wishes`, { wishes: [] })).status).toBe(403)
  })

  test('an offer becomes an accepted subscription, which the subscriber can see and revoke', async () => {
    await a.must('PUT', `${a.base}/holder/wishes`, { wishes: [{ topicType: 'LOGISTICS_OBJECT_IDENTIFIER', topic: `${b.base}/logistics-objects/*`, notifyStatus: true }] })
    const object = await make(piece('0'))
    await grant(object)
    const offer = { to: a.holder, topicType: 'LOGISTICS_OBJECT_IDENTIFIER', topic: object }
    const { requests: [request = ''] } = (await b.must('POST', `${b.base}/holder/subscription-offers`, offer)).json<{ requests: readonly string[] }>()
    expect(await statusOf(request)).toBe('api:REQUEST_ACCEPTED')
    await b.must('PATCH', object, change(object, 1, '0', '1'))
    await eventually(async () => expect(await inboxOf(a)).toContainEqual(expect.objectContaining({ eventType: 'LOGISTICS_OBJECT_UPDATED', object, triggeredBy: request })))
    expect(await inboxOf(a)).toContainEqual(expect.objectContaining({ eventType: 'SUBSCRIPTION_REQUEST_ACCEPTED', triggeredBy: request }))
    await a.must('DELETE', request)
    expect(await statusOf(request)).toBe('api:REQUEST_REVOKED')

    expect(await answerOf(b.ask('POST', `${b.base}/holder/subscription-offers`, { ...offer, topicType: 'LOGISTICS_OBJECT_TYPE', topic: `${CARGO}Piece` }))).toEqual(refusal(422))
    expect(await answerOf(b.ask('POST', `${b.base}/holder/subscription-offers`, { ...offer, to: `${town.edge.base('nobody')}/logistics-objects/_data-holder` }))).toEqual(refusal(502))
    expect((await a.ask('POST', `${b.base}/holder/subscription-offers`, offer)).status).toBe(403)
  })
})
