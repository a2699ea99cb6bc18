import { expect, test } from 'vitest'
import { parseJson, readJsonLd } from '../json-ld/reader.ts'
import { API, CARGO } from '../namespaces.ts'
import { readSubscription, sameness } from './subscription.ts'
import { topicOfQuery } from './topic.ts'
import { readWishes, wishFor } from './wishes.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const PIECE = 'https://1r.example.com/logistics-objects/1a8ded38-1804-467c-a369-81a411416b7c'
const SUBSCRIBER = 'https://1r.example.com/logistics-objects/957e2622-9d31-493b-8b8f-3c805064dbda'
const iri = (name: string) => ({ '@id': `api:${name}` })
/** As in the standard's example. */
const given = {
  '@context': { cargo: CARGO, api: API }, '@type': 'api:Subscription', 'api:hasContentType': 'application/ld+json', 'api:hasSubscriber': { '@id': SUBSCRIBER },
  'api:hasTopicType': iri('LOGISTICS_OBJECT_IDENTIFIER'), 'api:hasTopic': { '@type': 'http://www.w3.org/2001/XMLSchema#anyURI', '@value': PIECE },
  'api:includeSubscriptionEventType': [iri('LOGISTICS_OBJECT_UPDATED'), iri('LOGISTICS_OBJECT_CREATED'), iri('LOGISTICS_EVENT_RECEIVED')],
}
const read = (body: object) => readSubscription(readJsonLd(parseJson(JSON.stringify(body))), NOW).subscription
const { 'api:hasSubscriber': _, ...nobody } = given
const expires = (text: string) => ({ ...given, 'api:expiresAt': { '@type': 'http://www.w3.org/2001/XMLSchema#dateTime', '@value': text } })

test('the standard\'s example is read, what it leaves out has its default', () => {
  expect(read(given)).toEqual({
    subscriber: SUBSCRIBER, topic: { type: 'LOGISTICS_OBJECT_IDENTIFIER', iri: PIECE },
    events: ['LOGISTICS_OBJECT_CREATED', 'LOGISTICS_OBJECT_UPDATED', 'LOGISTICS_EVENT_RECEIVED'], sendBody: false, notifyStatus: false, expiresAt: null,
  })
})

test.each([
  ['a class by its topic as text', { ...given, 'api:hasTopicType': iri('LOGISTICS_OBJECT_TYPE'), 'api:hasTopic': `${CARGO}Shipment` }, { topic: { type: 'LOGISTICS_OBJECT_TYPE', iri: `${CARGO}Shipment` } }],
  ['one event type alone', { ...given, 'api:includeSubscriptionEventType': iri('LOGISTICS_EVENT_RECEIVED') }, { events: ['LOGISTICS_EVENT_RECEIVED'] }],
  ['a wish for bodies', { ...given, 'api:sendLogisticsObjectBody': true, 'api:notifyRequestStatusChange': { '@type': 'http://www.w3.org/2001/XMLSchema#boolean', '@value': '1' } }, { sendBody: true, notifyStatus: true }],
  ['an end', expires('2026-01-01T02:00:00+01:00'), { expiresAt: Date.parse('2026-01-01T01:00:00Z') }],
])('%s is read', (_name, body, expected) => expect(read(body)).toMatchObject(expected))

test.each<readonly [string, object, number, string | undefined]>([
  ['no subscription', { ...given, '@type': 'api:Change' }, 400, undefined],
  ['no subscriber', nobody, 400, 'hasSubscriber'],
  ['two subscribers', { ...given, 'api:hasSubscriber': [{ '@id': SUBSCRIBER }, { '@id': PIECE }] }, 400, 'hasSubscriber'],
  ['a subscriber that is no web address', { ...given, 'api:hasSubscriber': { '@id': 'urn:uuid:1' } }, 400, 'hasSubscriber'],
  ['an unknown topic type', { ...given, 'api:hasTopicType': iri('LOGISTICS_OBJECT') }, 400, 'hasTopicType'],
  ['a class that is none', { ...given, 'api:hasTopicType': iri('LOGISTICS_OBJECT_TYPE'), 'api:hasTopic': `${CARGO}ForkLift` }, 400, 'hasTopic'],
  ['a class of embedded objects', { ...given, 'api:hasTopicType': iri('LOGISTICS_OBJECT_TYPE'), 'api:hasTopic': `${CARGO}Value` }, 400, 'hasTopic'],
  ['no event type', { ...given, 'api:includeSubscriptionEventType': [] }, 400, 'includeSubscriptionEventType'],
  ['an event type of notifications only', { ...given, 'api:includeSubscriptionEventType': iri('CHANGE_REQUEST_PENDING') }, 400, 'includeSubscriptionEventType'],
  ['another content type', { ...given, 'api:hasContentType': 'text/turtle' }, 422, 'hasContentType'],
  ['an end that has been', expires('2025-12-31T23:59:59Z'), 422, 'expiresAt'],
  ['an end that is none', expires('soon'), 400, 'expiresAt'],
])('%s is refused', (_name, body, status, property) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ status, ...(property === undefined ? {} : { about: expect.objectContaining({ property: API + property }) as unknown }) }))
})

test('the end of a subscription does not make it another, the subscriber does', () => {
  expect(sameness(read(expires('2027-01-01T00:00:00Z')))).toBe(sameness(read(given)))
  expect(sameness(read({ ...given, 'api:hasSubscriber': { '@id': PIECE } }))).not.toBe(sameness(read(given)))
})

test.each([
  ['topicType=https://onerecord.iata.org/ns/api%23LOGISTICS_OBJECT_TYPE&topic=https://onerecord.iata.org/ns/cargo%23Piece', 'LOGISTICS_OBJECT_TYPE', `${CARGO}Piece`],
  ['topicType=https://onerecord.iata.org/ns/api/LOGISTICS_OBJECT_TYPE&topic=https://onerecord.iata.org/ns/cargo/Piece', 'LOGISTICS_OBJECT_TYPE', `${CARGO}Piece`],
  ['topicType=https://onerecord.iata.org/ns/api#LOGISTICS_OBJECT_TYPE&topic=https://onerecord.iata.org/ns/cargo#Shipment', 'LOGISTICS_OBJECT_TYPE', `${CARGO}Shipment`],
  [`topicType=LOGISTICS_OBJECT_IDENTIFIER&topic=${PIECE}/`, 'LOGISTICS_OBJECT_IDENTIFIER', PIECE],
])('the query %s names its topic', (query, type, topic) => expect(topicOfQuery(new URLSearchParams(query))).toEqual({ type, iri: topic }))

test.each([
  '', `topic=${PIECE}`, 'topicType=LOGISTICS_OBJECT_TYPE', 'topicType=LOGISTICS_OBJECT_TYPE&topic=', 'topicType=LOGISTICS_OBJECT_TYPE&topic=https://onerecord.iata.org/ns/cargo%23ForkLift',
  'topicType=EVERYTHING&topic=https://onerecord.iata.org/ns/cargo%23Piece', 'topicType=LOGISTICS_OBJECT_IDENTIFIER&topic=piece-1', 'topicType=LOGISTICS_OBJECT_IDENTIFIER&topic=file:///etc/passwd',
])('the query %j is refused', (query) => expect(() => topicOfQuery(new URLSearchParams(query))).toThrow(expect.objectContaining({ status: 400, title: 'Invalid query parameter request' })))

test('the closest wish counts, and a wish for a class is one for its subclasses', () => {
  const type = 'LOGISTICS_OBJECT_TYPE' as const
  const identifier = 'LOGISTICS_OBJECT_IDENTIFIER' as const
  const wish = (topicType: string, topic: string, sendBody = false) => ({ topicType, topic, sendBody, notifyStatus: false, events: ['LOGISTICS_OBJECT_CREATED' as const] })
  const wishes = readWishes({ wishes: [wish(type, `${CARGO}PhysicalLogisticsObject`), wish(type, 'https://onerecord.iata.org/ns/cargo/Piece', true), wish(identifier, 'https://1r.example.com/*'), wish(identifier, PIECE, true)] })
  expect(wishFor(wishes, { type, iri: `${CARGO}Piece` })?.sendBody).toBe(true)
  expect(wishFor(wishes, { type, iri: `${CARGO}ULD` })?.sendBody).toBe(false)
  expect(wishFor(wishes, { type, iri: `${CARGO}Waybill` })).toBeNull()
  expect(wishFor(wishes, { type: identifier, iri: PIECE })?.sendBody).toBe(true)
  expect(wishFor(wishes, { type: identifier, iri: 'https://1r.example.com/logistics-objects/2' })?.sendBody).toBe(false)
  expect(wishFor(wishes, { type: identifier, iri: 'https://1r.example.com.evil.test/logistics-objects/2' })).toBeNull()
  expect(wishFor(null, { type, iri: `${CARGO}Waybill` })?.events).toHaveLength(3)
})
