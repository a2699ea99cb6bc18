import fc from 'fast-check'
import { CARGO, XSD } from '../namespaces.ts'
import { isLogisticsObject, vocabularyOf } from '../ontology/ontology.ts'

const { classes, properties } = vocabularyOf(null)
const names = (iris: Iterable<string>): string[] => [...iris].filter((iri) => iri.startsWith(CARGO)).map((iri) => `cargo:${iri.slice(CARGO.length)}`)
const objectClasses = names(classes.keys()).filter((name) => isLogisticsObject(CARGO + name.slice('cargo:'.length)))
const embeddedClasses = names(classes.keys()).filter((name) => !objectClasses.includes(name))
const literals = names([...properties].filter(([, { kind }]) => kind === 'literal').map(([iri]) => iri))
const links = names([...properties].filter(([, { kind }]) => kind === 'link').map(([iri]) => iri)).filter((name) => name !== 'cargo:events')

const typed = (datatype: string) => (value: unknown) => ({ '@type': XSD + datatype, '@value': String(value) })
const literal = fc.oneof(
  fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean().map(typed('boolean')), fc.integer().map(typed('integer')), fc.integer({ min: -1e9, max: 1e9 }).map((value) => typed('double')(value / 1000)),
  fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => typed('dateTime')(date.toISOString())),
  fc.string({ unit: 'grapheme' }).map((value) => ({ '@value': value, '@language': 'de' })),
)
const link = fc.oneof(
  fc.constantFrom('https://onerecord.iata.org/ns/code-lists/SpecialHandlingCode#VAL', 'cargo:ACTUAL').map((id) => ({ '@id': id })),
  fc.uuid().map((id) => ({ '@id': `https://1r.example.com/logistics-objects/${id}` })),
  fc.uuid().map((id) => ({ '@id': `https://1r.example.com/logistics-objects/${id}`, '@type': 'cargo:Shipment' })),
)
const some = <T>(values: fc.Arbitrary<T>) => fc.oneof(values, fc.array(values, { maxLength: 3 }))

/**
 * Bodies of logistics objects of the standard's classes, with properties of any class, foreign ones, links, lists and nested
 * objects: for what is read, stored and written, not for what the standard allows (ontology/testing/objects.ts).
 */
export const bodies = fc.letrec<{ node: Record<string, unknown>; nested: Record<string, unknown> }>((tie) => ({
  nested: fc.tuple(fc.constantFrom(...objectClasses, ...embeddedClasses), tie('node')).map(([type, node]) => ({ '@type': type, ...node })),
  node: fc.tuple(
    fc.dictionary(fc.constantFrom(...literals), some(literal), { maxKeys: 4 }),
    fc.dictionary(fc.constantFrom(...links), some(fc.oneof({ depthSize: 'small', withCrossShrink: true }, link, tie('nested'))), { maxKeys: 3 }),
    fc.dictionary(fc.constantFrom('x:a', 'x:b'), fc.oneof(some(literal), link, fc.array(literal, { maxLength: 3 }).map((items) => ({ '@list': items }))), { maxKeys: 2 }),
  ).map((parts) => Object.assign({}, ...parts) as Record<string, unknown>),
})).node.chain((node) => fc.constantFrom(...objectClasses).map((type) => ({ '@context': { cargo: CARGO, x: 'http://foreign.test/' }, '@type': type, ...node })))
