import fc from 'fast-check'
import { CARGO, XSD } from '../namespaces.ts'
import { isLogisticsObject } from '../ontology/ontology.ts'
import table from '../ontology/table.json' with { type: 'json' }

const names = (list: string): string[] => list.split(' ').filter((name) => name.startsWith('c:')).map((name) => `cargo:${name.slice(2)}`)
const classes = Object.keys(table.classes).filter((name) => name.startsWith('c:')).map((name) => name.slice(2))
const objectClasses = classes.filter((name) => isLogisticsObject(CARGO + name)).map((name) => `cargo:${name}`)
const embeddedClasses = classes.filter((name) => !isLogisticsObject(CARGO + name)).map((name) => `cargo:${name}`)
const literals = names(table.literals)
const links = names(table.links).filter((name) => name !== 'cargo:events')

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

/** Bodies that make logistics objects of the standard's classes, with properties of any class, foreign ones, links, lists and nested objects. */
export const bodies = fc.letrec<{ node: Record<string, unknown>; nested: Record<string, unknown> }>((tie) => ({
  nested: fc.tuple(fc.constantFrom(...objectClasses, ...embeddedClasses), tie('node')).map(([type, node]) => ({ '@type': type, ...node })),
  node: fc.tuple(
    fc.dictionary(fc.constantFrom(...literals), some(literal), { maxKeys: 4 }),
    fc.dictionary(fc.constantFrom(...links), some(fc.oneof({ depthSize: 'small', withCrossShrink: true }, link, tie('nested'))), { maxKeys: 3 }),
    fc.dictionary(fc.constantFrom('x:a', 'x:b'), fc.oneof(some(literal), link, fc.array(literal, { maxLength: 3 }).map((items) => ({ '@list': items }))), { maxKeys: 2 }),
  ).map((parts) => Object.assign({}, ...parts) as Record<string, unknown>),
})).node.chain((node) => fc.constantFrom(...objectClasses).map((type) => ({ '@context': { cargo: CARGO, x: 'http://foreign.test/' }, '@type': type, ...node })))
