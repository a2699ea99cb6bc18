import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ApiError } from '../http/api-error.ts'
import { parseJson, readJsonLd } from '../json-ld/reader.ts'
import { API, CARGO } from '../namespaces.ts'
import { readSubscription } from '../subscriptions/subscription.ts'
import { readNotification } from './notification.ts'

const terms = [
  'hasSubscriber', 'hasTopicType', 'hasTopic', 'includeSubscriptionEventType', 'sendLogisticsObjectBody', 'notifyRequestStatusChange', 'expiresAt', 'hasContentType',
  'hasEventType', 'hasLogisticsObject', 'hasLogisticsObjectType', 'hasChangedProperty', 'hasLogisticsEvent', 'isTriggeredBy',
]
const iri = fc.oneof(
  fc.webUrl(), fc.string(), fc.constantFrom('api:LOGISTICS_OBJECT_TYPE', 'api:LOGISTICS_OBJECT_IDENTIFIER', 'api:LOGISTICS_OBJECT_UPDATED', 'api:CHANGE_REQUEST_FAILED', `${CARGO}Piece`, 'http://10.0.0.1/logistics-objects/1', '_:b'),
)
const value = fc.oneof(iri, iri.map((id) => ({ '@id': id })), iri.map((text) => ({ '@type': 'http://www.w3.org/2001/XMLSchema#anyURI', '@value': text })), fc.boolean(), fc.double(), fc.jsonValue())
const body = fc.dictionary(fc.constantFrom(...terms.map((term) => `api:${term}`)), fc.oneof(value, fc.array(value, { maxLength: 4 })))

test.each([
  ['Subscription', (text: string) => readSubscription(readJsonLd(parseJson(text)), 0)], ['Notification', (text: string) => readNotification(readJsonLd(parseJson(text)))],
] as const)('whatever an api:%s says, it is read or refused as a fault of its sender', (type, read) => {
  const seen = { taken: 0, refused: 0 }
  fc.assert(fc.property(body, (properties) => {
    try {
      read(JSON.stringify({ '@context': { api: API }, '@type': `api:${type}`, ...properties }))
      seen.taken += 1
    } catch (error) {
      expect(error).toBeInstanceOf(ApiError)
      expect(error).toMatchObject({ status: expect.toBeOneOf([400, 422]) as unknown })
      seen.refused += 1
    }
  }), { numRuns: 3_000 })
  expect(seen.refused).toBeGreaterThan(0)
})
