import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { API, CARGO } from '../namespaces.ts'
import { bodies } from '../testing/bodies.ts'
import { validObjects } from '../testing/objects.ts'
import { anyJson, linkedData, word } from './documents.ts'
import type { Sendable } from './send.ts'

const JSON_LD = 'application/ld+json'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'] as const
const QUERY = ['at', 'embedded', 'revision', 'status', 'updated-from', 'updated-to', 'event-code', 'created-after', 'created-before', 'occurred-after', 'occurred-before', 'sort', 'limit', 'skip', 'after', 'topic', 'topicType', 'type', 'text', 'q', 'x'] as const

const queryValue = fc.oneof(word, fc.constantFrom(
  'true', 'false', '20260101T000000Z', '20990101T000000Z', '20260231T000000Z', '1', '0', '-1', '999999999999', '1e9', 'NaN', 'REQUEST_PENDING', 'PENDING', `${API}REQUEST_ACCEPTED`, 'REQUEST_REJECTED', 'ASC-creationDate', 'DESC-eventDate',
  `${API}LOGISTICS_OBJECT_TYPE`, `${CARGO}Piece`, 'DEP', '%00', 'ä', '../../etc', "' or 1=1", '\n',
), fc.string({ maxLength: 20 }))

const header = (name: string, ...values: readonly string[]) => fc.constantFrom(...values).map((value) => [name, value] as const)
const headers = fc.uniqueArray(fc.oneof(
  header('accept', '*/*', JSON_LD, `${JSON_LD}; version=2.2.0`, `${JSON_LD}; version=0`, 'text/turtle', `${JSON_LD}; profile="http://www.w3.org/ns/json-ld#expanded"`, `${JSON_LD}; profile="http://www.w3.org/ns/json-ld#flattened"`, ';;,"', 'application/ld+json;q=0'),
  header('accept-encoding', 'gzip', 'br', 'gzip;q=0', '*', 'identity;q=0, *;q=0', ','), header('accept-language', 'de-DE', 'en-US', '*', ';'),
  header('content-type', 'text/plain', 'application/json', `${JSON_LD}; charset=latin1`, `${JSON_LD};charset=UTF-8`, ''), header('content-encoding', 'gzip', 'br', 'identity', 'x'),
  header('if-none-match', '*', '"1"', 'W/"1"', '"', ','), header('authorization', 'Bearer x', 'Bearer a.b.c', 'Basic eDp5', 'Bearer', 'Bearer eyJhbGciOiJub25lIn0.e30.'), header('range', 'bytes=0-1', 'bytes=5-1', 'bytes=-', 'lines=1'),
  header('idempotency-key', 'k', 'x'.repeat(300)), header('origin', 'null', 'https://app.test'), header('if-match', '"9"', '*'),
), { maxLength: 4, selector: ([name]) => name }).map((all) => Object.fromEntries(all))

/** A path template and a method that it answers. */
export type Endpoint = { readonly path: string; readonly method: string }

/** Arbitrary requests: paths out of the templates of the routes, mostly with a method that they answer, with ids of `iris` (objects, requests, events that are there) or others. */
export const requests = (operations: readonly Endpoint[], ids: readonly string[], base: string): fc.Arbitrary<Sendable> => {
  const segment = fc.oneof(fc.constantFrom(...ids), fc.constantFrom('nothing', '_data-holder', '%2e%2e', '..', '%00', '%E0%A4%A', 'a%2Fb', '', ' '.trim(), 'x'.repeat(300)))
  const creating = operations.filter(({ path }) => path === 'logistics-objects')
  const operation = fc.oneof({ arbitrary: fc.constantFrom(...operations), weight: 8 }, ...creating.map((each) => ({ arbitrary: fc.constant(each), weight: 1 })))
  const target = fc.tuple(operation, fc.oneof({ arbitrary: fc.constant(null), weight: 7 }, { arbitrary: fc.constantFrom(...METHODS), weight: 1 }), fc.array(segment, { minLength: 4, maxLength: 4 }), fc.oneof({ arbitrary: fc.constantFrom('', '/'), weight: 9 }, { arbitrary: fc.constantFrom('//', '/x'), weight: 1 }), fc.array(fc.tuple(fc.constantFrom(...QUERY), queryValue), { maxLength: 3 }))
    .map(([{ path, method }, other, values, end, query]) => {
      let next = 0
      const filled = path.replaceAll(/\{\w+\}/g, () => values[next++] ?? 'x')
      const text = query.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&')
      return { method: other ?? method, path: `/${filled}${end}${text === '' ? '' : `?${text}`}` }
    })
  const object = fc.constantFrom(...ids).map((id) => `${base}/logistics-objects/${id}`)
  const change = fc.tuple(object, fc.oneof(fc.constant(1), anyJson), fc.array(fc.record({ 'api:op': fc.constantFrom({ '@id': 'api:ADD' }, { '@id': 'api:DELETE' }), 'api:s': fc.oneof(object, word), 'api:p': word, 'api:o': anyJson }), { maxLength: 2 }))
    .map(([iri, revision, operations]) => ({ '@context': { api: API }, '@type': 'api:Change', 'api:hasLogisticsObject': { '@id': iri }, 'api:hasRevision': revision, 'api:hasOperation': operations }))
  const said = fc.tuple(fc.constantFrom('Verification', 'AccessDelegation', 'Notification', 'Subscription', 'Change'), object, anyJson, anyJson)
    .map(([type, iri, a, b]) => ({ '@context': { api: API, cargo: CARGO }, '@type': `api:${type}`, 'api:hasLogisticsObject': { '@id': iri }, 'api:hasEventType': a, 'api:hasPermission': b, 'api:hasError': a }))
  const event = fc.tuple(object, anyJson).map(([iri, extra]) => ({ '@context': { cargo: CARGO }, '@type': 'cargo:LogisticsEvent', 'cargo:eventDate': '2026-01-01T00:00:00Z', 'cargo:eventFor': { '@id': iri }, 'cargo:eventCode': extra }))
  const body = fc.oneof(
    fc.oneof(anyJson, linkedData, bodies, change, said, event).map((json) => Buffer.from(JSON.stringify(json))), fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    bodies.map((json) => gzipSync(JSON.stringify(json))), fc.constant(Buffer.from('['.repeat(100_000))), fc.constant(gzipSync(Buffer.alloc(4 * 1024 * 1024, ' '))),
  )
  // half of those that make an object can, so that something comes of odd headers too
  const good = fc.option(validObjects.map((json) => Buffer.from(JSON.stringify(json))), { freq: 2 })
  return fc.tuple(target, headers, body, good).map(([{ method, path }, given, odd, valid]) => {
    const isRead = method === 'GET' || method === 'HEAD'
    const bytes = method === 'POST' && /^\/logistics-objects\/?(\?|$)/.test(path) ? valid ?? odd : odd
    return { method, path, headers: { ...(isRead ? {} : { 'content-type': JSON_LD }), ...given }, body: isRead || method === 'OPTIONS' ? null : bytes }
  })
}
