import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { spoilt, type Body } from './bodies.ts'
import { nearly, odd, oddText } from './values.ts'

/** Requests to one ONE Record server (API 2.3.0). `own` in a path stands for the object that must not change. */
export type LinkedRequest = { readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: Body | null }

const LD = { 'content-type': 'application/ld+json' }
const example = (name: string): unknown => JSON.parse(readFileSync(new URL(`../one-record/testing/examples/${name}.json`, import.meta.url), 'utf8'))
const asLinked = (value: unknown): Body => ({ bytes: Buffer.from(JSON.stringify(value)), headers: LD })

const documents = fc.constantFrom(...['Piece', 'Company', 'Sensor.compacted', 'Sensor.expanded', 'Shipment_with_Piece'].map(example))
const changes = fc.constantFrom(...['Change_example1', 'Change_example2'].map(example))

const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const deep = (key: string, depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => ({ '@type': 'cargo:Piece', [key]: inner }), 'end')
/** Documents made to hurt a reader of JSON-LD 1.1: contexts elsewhere, huge, in circles; IRIs and literals beyond all bounds. */
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom('http://127.0.0.1:1/c.json', 'http://169.254.169.254/latest/meta-data', 'file:///etc/passwd', 'https://onerecord.iata.org/../x', 'data:application/json,{}', '', '\0', 'a b').map((address) => ({ '@context': address, '@type': 'cargo:Piece' })),
  fc.constantFrom<unknown>(
    { '@context': Array.from({ length: 2_000 }, (_, n) => ({ [`t${n}`]: `${CARGO}${n}` })), '@type': 'cargo:Piece' },
    { '@context': Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`t${n}`, `t${(n + 1) % 500}:x`])), '@type': 't0:Piece' },
    { '@context': { a: 'b:x', b: 'a:y', cargo: CARGO }, '@type': 'cargo:Piece', 'a:p': 1 }, { '@context': { '@vocab': CARGO, '@base': 'http://x/' }, '@type': 'Piece', '@id': '../../y' },
    { '@context': { '@version': 1.1, '@import': 'http://127.0.0.1:1/' }, '@type': 'cargo:Piece' }, { '@context': { cargo: CARGO, x: { '@id': 'cargo:x', '@container': ['@list', '@set', '@graph'] } }, '@type': 'cargo:Piece', x: [[[]]] },
    { '@context': { cargo: CARGO }, '@type': 'cargo:Piece', '@reverse': { 'cargo:containedPieces': { '@id': 'x:y' } } }, { '@context': { cargo: CARGO }, '@graph': Array.from({ length: 300 }, (_, n) => ({ '@id': `_:b${n}`, '@type': 'cargo:Piece' })) },
    { '@context': { cargo: CARGO }, '@type': 'cargo:Piece', '@id': '_:a', 'cargo:containedPieces': { '@id': '_:b', '@type': 'cargo:Piece', 'cargo:containedPieces': { '@id': '_:a' } } },
    { '@context': { cargo: CARGO }, ...(deep('cargo:containedPieces', 300) as object) }, { '@context': { cargo: CARGO }, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'x'.repeat(50_000) },
    { '@context': { cargo: CARGO }, '@type': Array.from({ length: 500 }, () => 'cargo:Piece') }, { '@context': { cargo: CARGO }, '@type': 'cargo:Piece', [`${CARGO}${'p'.repeat(3_000)}`]: 1 },
    { '@context': { cargo: CARGO, constructor: 'cargo:x' }, '@type': 'cargo:Piece', constructor: 1, __proto__: 2 },
  ),
  fc.tuple(oddText, odd).map(([name, value]) => ({ '@context': { cargo: CARGO }, '@type': 'cargo:Piece', [`cargo:${name}`]: value })),
  fc.tuple(fc.constantFrom('double', 'integer', 'boolean', 'dateTime', 'date', 'duration', 'anyURI', 'string', 'nonsense'), oddText).map(([type, value]) => ({
    '@context': { cargo: CARGO }, '@type': 'cargo:Piece', 'cargo:goodsDescription': { '@type': `http://www.w3.org/2001/XMLSchema#${type}`, '@value': value },
  })),
  oddText.map((iri) => ({ '@context': { cargo: CARGO }, '@type': 'cargo:Piece', '@id': iri, 'cargo:containedPieces': [{ '@id': iri }, { '@type': iri }] })),
)

const posts = fc.oneof(documents.map(asLinked), documents.chain(nearly).map((value) => asLinked(value ?? null)), hostile.map(asLinked), documents.chain(spoilt).map((body) => ({ ...body, headers: { ...body.headers, ...LD } })), documents.chain(spoilt))
const patches = fc.oneof(changes.map(asLinked), changes.chain(nearly).map((value) => asLinked(value ?? null)), hostile.map(asLinked), changes.chain(spoilt).map((body) => ({ ...body, headers: { ...body.headers, ...LD } })))
const paths = fc.oneof(
  fc.constantFrom('/', '/logistics-objects', 'own', 'own/audit-trail', 'own/logistics-events', '/action-requests/x', '/notifications', '/subscriptions', '/access-delegations', '/%00', '/logistics-objects/%E0%A4%A', '/__proto__', '//', '/own/../..', '/logistics-objects/%2e%2e%2fx'),
  oddText.map((text) => `/logistics-objects/${encodeURIComponent(text.toWellFormed())}`),
)
const queries = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.tuple(fc.constantFrom('at', 'embedded', 'updated-from', 'updated-to', 'status', 'colour'), oddText).map(([name, value]) => `?${name}=${encodeURIComponent(value.toWellFormed())}`), fc.constantFrom('?at=%ff', '?&&', '?at', '?embedded=true&embedded=false'))
const negotiation = fc.constantFrom<Readonly<Record<string, string>>>({}, {}, { accept: 'application/ld+json' }, { accept: 'text/turtle' }, { accept: '*/*;q=x' }, { accept: 'application/ld+json; version=9.9' }, { 'accept-language': '\xff' }, { range: 'bytes=0-1' }, { 'if-match': '"x"' }, { 'x-playground-claim': 'x' }, { 'accept-encoding': 'br;q=0, *' })

export const linkedRequests: fc.Arbitrary<LinkedRequest> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ method: fc.constant('POST'), path: fc.constant('/logistics-objects'), headers: negotiation, body: posts }) },
  { weight: 3, arbitrary: fc.record({ method: fc.constant('PATCH'), path: fc.constant('own'), headers: negotiation, body: patches }) },
  { weight: 2, arbitrary: fc.record({ method: fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'POST', 'PATCH', 'OPTIONS'), path: fc.tuple(paths, queries).map(([path, query]) => `${path}${query}`), headers: negotiation, body: fc.option(posts, { freq: 4 }) }) },
).map((request) => (request.method === 'GET' || request.method === 'HEAD' ? { ...request, body: null } : request))
