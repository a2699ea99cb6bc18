import fc from 'fast-check'
import { asJson, spoilt, type Body } from './bodies.ts'
import type { Operation, Parameter } from './document.ts'
import { fromSchema, nearly, odd, oddText, type Hints } from './values.ts'

/** How much of a request is as the document wants it. */
export type Kind = 'valid' | 'nearly' | 'wild'

/** A value in a path: the n-th of those that exist then, or text as it goes over the wire. */
type Place = { readonly known: number } | { readonly text: string }

export type Planned = {
  readonly operation: Operation
  readonly kind: Kind
  readonly method: string
  readonly places: Readonly<Record<string, Place>>
  /** With its question mark, as it goes over the wire; empty for none. */
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body | null
  /** Whether the operator's token goes with it. */
  readonly authorized: boolean
}

/** Requests to one operation. */
export const requestsTo = (operation: Operation, hints: Hints): fc.Arbitrary<Planned> => {
  const valid = operation.body === null ? fc.constant(null) : fromSchema(operation.body, hints)
  const plan = (kind: Kind, parts: Parts) =>
    fc.record({ operation: fc.constant(operation), kind: fc.constant(kind), method: parts.method ?? fc.constant(operation.method), places: placesOf(operation, parts.place), query: parts.query, headers: parts.headers, body: parts.body, authorized: parts.authorized })
  const bare = fc.constant({})
  const right = fc.constant(true)
  const wire = (value: unknown): Body | null => (operation.body === null ? null : asJson(value))
  return fc.oneof(
    { weight: 4, arbitrary: plan('valid', { place: known, query: queryOf(operation, false), headers: conditions(operation, false), body: valid.map(wire), authorized: right }) },
    {
      weight: 5, arbitrary: fc.oneof(
        plan('nearly', { place: known, query: queryOf(operation, false), headers: bare, body: valid.chain(nearly).map((value) => wire(value ?? null)), authorized: right }),
        plan('nearly', { place: known, query: queryOf(operation, true), headers: bare, body: valid.map(wire), authorized: right }),
        plan('nearly', { place: strange, query: queryOf(operation, false), headers: bare, body: valid.map(wire), authorized: right }),
        plan('nearly', { place: known, query: queryOf(operation, false), headers: conditions(operation, true), body: valid.map(wire), authorized: right }),
        plan('nearly', { place: known, query: queryOf(operation, false), headers: bare, body: valid.chain(spoilt), authorized: right }),
        plan('nearly', { place: known, query: queryOf(operation, false), headers: bare, body: valid.map(wire), authorized: fc.constant(false) }),
      ),
    },
    {
      weight: 2, arbitrary: plan('wild', {
        method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'), place: fc.oneof(known, strange), query: queryOf(operation, true), headers: strangeHeaders,
        body: fc.option(fc.oneof(odd.chain(spoilt), odd.map(asJson))), authorized: fc.boolean(),
      }),
    },
  )
}

type Parts = {
  readonly method?: fc.Arbitrary<string>
  readonly place: fc.Arbitrary<Place>
  readonly query: fc.Arbitrary<string>
  readonly headers: fc.Arbitrary<Readonly<Record<string, string>>>
  readonly body: fc.Arbitrary<Body | null>
  readonly authorized: fc.Arbitrary<boolean>
}

const known: fc.Arbitrary<Place> = fc.record({ known: fc.nat({ max: 1_000 }) })
const strange: fc.Arbitrary<Place> = fc.oneof(
  oddText.map((text) => ({ text: encodeURIComponent(text.toWellFormed()) || 'x' })),
  fc.constantFrom('%00', '%', '%zz', '%E0%A4%A', '%ED%A0%80', '%2e%2e', '..', '.', '%2f', '%5c', ';a=b', 'a%0d%0ab', 'x'.repeat(3_000), '*', '%3E', '//', '%252e', '~', '-').map((text) => ({ text })),
)

const placesOf = ({ parameters }: Operation, place: fc.Arbitrary<Place>): fc.Arbitrary<Readonly<Record<string, Place>>> =>
  fc.record(Object.fromEntries(parameters.filter(({ in: where }) => where === 'path').map(({ name }) => [name, place])))

const queryOf = ({ parameters }: Operation, isStrange: boolean): fc.Arbitrary<string> => {
  const declared = parameters.filter(({ in: where }) => where === 'query')
  const right = fc.subarray(declared).chain((some) => fc.tuple(...some.map((each) => fromSchema(each.schema, {}).map((value) => pair(each, value)))))
  if (!isStrange) return right.map(joined)
  const name = fc.oneof(fc.constantFrom(...declared.map((each) => each.name), 'colour', '__proto__', 'cursor', 'limit'), oddText)
  const value = fc.oneof(oddText, fc.constantFrom('0', '-1', '1.5', '1e1', '0x10', ' 5 ', '201', 'WyJhXHUwMDAwIl0', 'W10', 'bnVsbA', 'WyIwMDAwLTAxLTAxVDAwOjAwOjAwWiIsImEiXQ'))
  const encoded = fc.tuple(name, value).map(([left, text]) => `${encodeURIComponent(left.toWellFormed())}=${encodeURIComponent(text.toWellFormed())}`)
  const raw = fc.constantFrom('&', '=', '&&==', '%', 'a=%ff', 'limit=%00', 'limit[]=5', 'limit=5&limit=6', `search=${'%41'.repeat(500)}`, '%ED%A0%80=1', '?', 'a'.repeat(4_000))
  return fc.tuple(right, fc.array(fc.oneof({ weight: 3, arbitrary: encoded }, raw), { minLength: 1, maxLength: 3 })).map(([some, more]) => joined([...some, ...more]))
}
const pair = ({ name }: Parameter, value: unknown): string => `${name}=${encodeURIComponent(String(value).toWellFormed())}`
const joined = (pairs: readonly string[]): string => (pairs.length === 0 ? '' : `?${pairs.join('&')}`)

/** The headers that mean something here, with what they may hold or with what they may not. */
const conditions = ({ parameters }: Operation, isStrange: boolean): fc.Arbitrary<Readonly<Record<string, string>>> => {
  const names = parameters.filter(({ in: where }) => where === 'header').map(({ name }) => name.toLowerCase())
  const right: Readonly<Record<string, fc.Arbitrary<string>>> = { 'idempotency-key': fc.nat({ max: 300 }).map((n) => `key-${n}`), 'if-match': fc.constantFrom('*', '"0"', '"1"', '"2"', '"0", "1", "2"', '"99"'), 'if-none-match': fc.constantFrom('*', '"1"', 'W/"1"') }
  if (!isStrange) return fc.record(Object.fromEntries(names.map((name) => [name, right[name] ?? headerText])), { requiredKeys: [] }) as fc.Arbitrary<Readonly<Record<string, string>>>
  const wrong: Readonly<Record<string, fc.Arbitrary<string>>> = { 'if-match': fc.oneof(headerText, fc.constantFrom('0', '"-1"', '"1e3"', '""', '"1', '"9999999999999999"', '"1",,', ',')), 'idempotency-key': fc.oneof(headerText, fc.constantFrom('', ' ', 'a b', 'k'.repeat(201), 'k\xe9y', 'a,b')) }
  return fc.oneof(fc.record(Object.fromEntries([...new Set([...names, 'if-match', 'idempotency-key'])].map((name) => [name, wrong[name] ?? headerText]))), strangeHeaders)
}

/** What a header may hold in Node: no control characters but the tab, Latin-1. */
const headerText: fc.Arbitrary<string> = oddText.map((text) => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 2_000))

const strangeHeaders: fc.Arbitrary<Readonly<Record<string, string>>> = fc.dictionary(
  fc.constantFrom(
    'traceparent', 'tracestate', 'x-call-id', 'x-forwarded-for', 'x-forwarded-host', 'x-http-method-override', 'ce-id', 'ce-type', 'ce-subject', 'x-playground-signature', 'x-playground-claim', 'x-playground-deployment', 'accept', 'accept-encoding',
    'range', 'if-none-match', 'if-modified-since', 'expect', 'origin', 'cookie', 'upgrade', 'content-type', 'content-encoding', 'authorization', 'prefer', 'x-callback-url', 'forwarded', 'via', 'te',
  ),
  fc.oneof(headerText, fc.constantFrom('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '100-continue', 'bytes=0-1', 'DELETE', 'http://127.0.0.1:1/', 'trailers', 'websocket', 'text/turtle', 'identity;q=0', 'Bearer x')),
  { maxKeys: 4 },
).map((headers) => Object.fromEntries(Object.entries(headers).filter(([name, value]) => name !== 'expect' || value === '100-continue' || value === '')))
