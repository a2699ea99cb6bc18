import { expect, test } from 'vitest'
import type { Outcome } from '../../outbound/port.ts'
import { parseJson, readJsonLd } from '../json-ld/reader.ts'
import { API } from '../namespaces.ts'
import { notificationBody, readNotification, requestEventType, type Notification } from './notification.ts'
import { backoff, verdict } from './retry.ts'
import { sortableId } from './sortable-id.ts'

const PIECE = 'https://1r.example.com/logistics-objects/1'
const whole: Notification = {
  eventType: 'LOGISTICS_OBJECT_UPDATED', object: PIECE, objectType: 'https://onerecord.iata.org/ns/cargo#Piece', event: `${PIECE}/logistics-events/2`,
  changed: ['https://onerecord.iata.org/ns/cargo#grossWeight', 'https://onerecord.iata.org/ns/cargo#coload'], triggeredBy: 'https://1r.example.com/action-requests/7',
}
const read = (text: Buffer | string) => readNotification(readJsonLd(parseJson(text.toString())))

test('what is written is read, with a body in the place of the address too', () => {
  expect(read(notificationBody(whole))).toEqual(whole)
  expect(read(notificationBody(whole, { '@id': PIECE, '@type': 'https://onerecord.iata.org/ns/cargo#Piece' }))).toEqual(whole)
  const least: Notification = { eventType: 'LOGISTICS_OBJECT_AVAILABLE', object: null, objectType: null, changed: [], event: null, triggeredBy: null }
  expect(read(notificationBody(least))).toEqual(least)
})

test.each<readonly [object, string | undefined]>([
  [{ '@type': 'api:Change' }, undefined], [{ '@type': 'api:Notification' }, 'hasEventType'],
  [{ '@type': 'api:Notification', 'api:hasEventType': { '@id': 'api:SOMETHING' } }, 'hasEventType'],
  [{ '@type': 'api:Notification', 'api:hasEventType': [{ '@id': 'api:LOGISTICS_OBJECT_CREATED' }, { '@id': 'api:LOGISTICS_OBJECT_UPDATED' }] }, 'hasEventType'],
  [{ '@type': 'api:Notification', 'api:hasEventType': { '@id': 'api:LOGISTICS_OBJECT_CREATED' }, 'api:hasLogisticsObject': [{ '@id': 'http://a.test/1' }, { '@id': 'http://a.test/2' }] }, 'hasLogisticsObject'],
])('%j is no notification', (body, property) => {
  const about = property === undefined ? {} : { about: expect.objectContaining({ property: API + property }) as unknown }
  expect(() => read(JSON.stringify({ '@context': { api: API }, ...body }))).toThrow(expect.objectContaining({ status: 400, ...about }))
})

test.each([
  ['ChangeRequest', 'REQUEST_ACCEPTED', 'CHANGE_REQUEST_ACCEPTED'], ['AccessDelegationRequest', 'REQUEST_PENDING', 'ACCESS_DELEGATION_REQUEST_PENDING'],
  ['SubscriptionRequest', 'REQUEST_REVOKED', 'SUBSCRIPTION_REQUEST_REVOKED'], ['VerificationRequest', 'REQUEST_ACKNOWLEDGED', 'VERIFICATION_REQUEST_ACKNOWLEDGED'],
  ['ChangeRequest', 'REQUEST_ACKNOWLEDGED', null],
])('an api:%s that becomes %s is told as %s', (type, status, expected) => {
  expect(requestEventType(API + type, API + status)).toBe(expected)
  expect(requestEventType(API + type, status)).toBe(expected)
})

const answered = (status: number, retryAfter?: string): Outcome => ({ kind: 'answered', status, retryAfter, ms: 1 })

test.each<readonly [Outcome, string]>([
  [answered(204), 'delivered'], [answered(200), 'delivered'], [answered(302), 'again'], [answered(400), 'hopeless'], [answered(403), 'hopeless'], [answered(404), 'hopeless'],
  [answered(401), 'again'], [answered(408), 'again'], [answered(409), 'again'], [answered(425), 'again'], [answered(429), 'again'], [answered(500), 'again'], [answered(503), 'again'],
  [{ kind: 'refused', reason: 'no' }, 'again'], [{ kind: 'unreachable', reason: 'no' }, 'again'], [{ kind: 'silent', seconds: 10 }, 'again'],
])('%j is %s', (outcome, kind) => expect(verdict(outcome).kind).toBe(kind))

test('waits double up to an hour, never less than half of it, and not shorter than the receiver asks for', () => {
  expect([1, 2, 3, 20, 1_000].map((failures) => backoff(failures, 0, 0))).toEqual([500, 1_000, 2_000, 1_800_000, 1_800_000])
  expect([1, 2, 3, 20, 1_000].map((failures) => backoff(failures, 0, 1))).toEqual([1_000, 2_000, 4_000, 3_600_000, 3_600_000])
  expect(verdict(answered(429, '30'))).toEqual({ kind: 'again', afterMs: 30_000 })
  expect(verdict(answered(503, 'Wed, 21 Oct 2026 07:28:00 GMT'))).toEqual({ kind: 'again', afterMs: 0 })
  expect([backoff(1, 30_000, 0), backoff(1, 999_999_000, 0)]).toEqual([30_000, 3_600_000])
})

test('ids are in the order of their making', () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => sortableId(1_000 + Math.floor(index / 100)))
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(1_000)
})
