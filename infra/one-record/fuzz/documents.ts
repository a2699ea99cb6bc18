import fc from 'fast-check'
import { API, CARGO, XSD } from '../namespaces.ts'

export const BASE_IRI = 'http://h.test/logistics-objects/1'

const WORDS = [
  '@context', '@id', '@type', '@value', '@language', '@list', '@set', '@graph', '@reverse', '@vocab', '@base', '@container', '@none', '@json', '@index', '@nest', '@included', '@direction', '@prefix', '@protected', '@propagate', '@import', '@version', '@foo',
  '__proto__', 'constructor', 'toString', 'cargo:Piece', 'cargo:Value', 'cargo:grossWeight', 'cargo:goodsDescription', 'cargo', 'api', 'x', 'y', 'x:y', 'y:x', 'id', '', ' ', ':', '_:', '_:b0', '_:b1', 'internal:1', 'en', 'de-DE', '\u0000', '\ud800', BASE_IRI, CARGO, API,
  `${CARGO}Piece`, `${CARGO}inPiece`, `${CARGO.slice(0, -1)}`, 'http://v.test/', 'http://v.test/a', 'http://v.test/b', 'relative/iri', '../up', '?q', '#f', 'rtl',
  `${API}Change`, `${API}hasOperation`, `${API}hasLogisticsObject`, `${API}hasRevision`, `${API}op`, `${API}s`, `${API}p`, `${API}o`, `${API}hasValue`, `${API}hasDatatype`, `${API}ADD`, `${API}DELETE`, `${XSD}double`, `${XSD}dateTime`, `${XSD}integer`,
]

/** Words of JSON-LD, of the standard, and of JavaScript's own objects. */
export const word = fc.constantFrom(...WORDS)

const scalar = fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e21, 1e308, 0.1, 2 ** 63 + 2048, '1', 'false', '2026-01-01T00:00:00Z')
const entries = <T>(values: fc.Arbitrary<T>, maxLength: number) => fc.array(fc.tuple(word, values), { maxLength }).map((all) => Object.fromEntries(all))

/** JSON of any shape out of these words. */
export const anyJson = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof({ depthSize: 'medium' }, word, scalar, fc.array(tie('any'), { maxLength: 4 }), entries(tie('any'), 6)),
})).any

const rarely = <T, U>(common: fc.Arbitrary<T>, rare: fc.Arbitrary<U>) => fc.oneof({ arbitrary: common, weight: 9 }, { arbitrary: rare, weight: 1 })
const iri = rarely(fc.constantFrom('http://v.test/', 'http://v.test/a#', 'http://v.test/b'), fc.constantFrom('p:c', 'y:', CARGO, '@type', '@id', '@nest'))
const termName = fc.constantFrom('x', 'y', 'a', 'b', 'kind', 'me', 'x:c', 'p:z')
const definition = rarely(fc.oneof(
  iri,
  fc.record({ '@id': iri, '@type': fc.constantFrom('@id', '@vocab', '@json', '@none', `${XSD}double`, 'p:t') }, { requiredKeys: ['@id'] }),
  fc.record({ '@id': iri, '@language': fc.constantFrom('en', null), '@container': fc.constantFrom<unknown>('@set', '@list', '@index', ['@set']) }, { requiredKeys: ['@id'] }),
  fc.record({ '@id': iri, '@context': fc.constantFrom({}, { a: 'http://v.test/c' }, null) }), fc.record({ '@reverse': iri }),
), fc.record({
  '@id': iri, '@prefix': fc.boolean(), '@index': fc.constantFrom('a', 'http://v.test/b'), '@container': fc.constantFrom<unknown>('@language', '@id', '@type', '@graph', ['@index', '@set']), '@nest': fc.constant('@nest'), '@protected': fc.boolean(),
}, { requiredKeys: [] }))
const context = fc.tuple(fc.dictionary(termName, definition, { maxKeys: 4 }), fc.record({
  '@base': fc.constantFrom('http://base.test/a/', null), '@language': fc.constantFrom('en', null), '@version': fc.constant(1.1),
}, { requiredKeys: [] }), rarely(fc.constant({ '@vocab': 'http://v.test/' }), fc.constantFrom<object>({}, { '@vocab': 'p:' }, { '@vocab': '' }, { '@vocab': null }, { '@protected': true }, { '@propagate': false })))
  .map((parts) => Object.assign({ p: 'http://p.test/' }, ...parts) as Record<string, unknown>)

const key = rarely(fc.constantFrom('x', 'y', 'a', 'b', 'kind', 'me', 'p:z', 'http://v.test/a', 'http://v.test/d'), fc.constantFrom('x:c', 'en', 'q:z'))
const id = rarely(fc.constantFrom('http://v.test/1', 'http://v.test/2', '_:b0', '_:b1', 'p:1'), fc.constantFrom('y:2', 'relative'))

const leaf = fc.constantFrom<unknown>('text', 'http://v.test/1', 5, 2.5, true, null, 1e21)
const valueObject = fc.record({ '@value': fc.constantFrom<unknown>('text', 5, 2.5, false, '5'), '@type': fc.constantFrom(`${XSD}double`, 'x:t', '@json'), '@language': fc.constantFrom('en', 'de-DE'), '@index': fc.constant('i') }, { requiredKeys: ['@value'] })
const DEPTH = { maxDepth: 4, depthIdentifier: 'linked data', depthSize: 'small', withCrossShrink: true } as const

/** Documents that are mostly JSON-LD: contexts with all that a context can hold, and nodes, values, lists, maps that use them. */
export const linkedData = fc.letrec<{ node: unknown; value: unknown }>((tie) => ({
  value: fc.oneof(DEPTH, leaf, valueObject, tie('node'), fc.array(tie('value'), { maxLength: 3 }), fc.record({ '@list': fc.array(tie('value'), { maxLength: 3 }) }), fc.record({ '@set': fc.array(tie('value'), { maxLength: 2 }) }), fc.dictionary(key, tie('value'), { maxKeys: 2 })),
  node: fc.oneof(DEPTH, fc.record({ '@id': id }), fc.tuple(
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
    fc.record({ '@id': id, '@type': fc.oneof(key, fc.array(key, { maxLength: 2 })), '@context': context, '@index': fc.constant('i') }, { requiredKeys: [] }),
    fc.oneof({ arbitrary: fc.constant({}), weight: 8 }, { arbitrary: fc.record({ '@reverse': fc.dictionary(key, tie('node'), { maxKeys: 1 }) }), weight: 1 }, { arbitrary: fc.record({ '@included': fc.array(tie('node'), { maxLength: 2 }) }), weight: 1 },
      { arbitrary: fc.record({ '@nest': tie('node') }), weight: 1 }, { arbitrary: fc.record({ '@graph': fc.array(tie('node'), { maxLength: 2 }) }), weight: 1 }),
  ).map((parts) => Object.assign({}, ...parts) as Record<string, unknown>)),
})).node.chain((node) => context.map((local) => ({ '@context': local, ...(node as Record<string, unknown>) })))
