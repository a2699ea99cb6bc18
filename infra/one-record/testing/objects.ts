import fc from 'fast-check'
import { CARGO, XSD } from '../namespaces.ts'
import { isLogisticsObject, vocabularyOf } from '../ontology/ontology.ts'

const vocabulary = vocabularyOf(null)
const { classes, properties, closedLists, ancestors, rulesOf } = vocabulary

type Node = Record<string, unknown>

/** Literals of a datatype, in the forms that clients send: typed, plain, native. */
const literalOf = (datatype: string, maxLength: number): fc.Arbitrary<unknown> => {
  const typed = (value: unknown) => ({ '@type': datatype, '@value': String(value) })
  switch (datatype.slice(XSD.length)) {
    case 'boolean': return fc.boolean().chain((value) => fc.constantFrom<unknown>(value, typed(value)))
    case 'integer': return fc.integer().chain((value) => fc.constantFrom<unknown>(value, typed(value), { '@type': `${XSD}integer`, '@value': String(value) }))
    case 'nonNegativeInteger': return fc.nat().map(typed)
    case 'positiveInteger': return fc.integer({ min: 1 }).map(typed)
    case 'double': return fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1000).chain((value) => fc.constantFrom<unknown>(value, typed(value)))
    case 'dateTime': return fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => typed(date.toISOString()))
    case 'date': return fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => typed(date.toISOString().slice(0, 10)))
    case 'duration': return fc.nat({ max: 999 }).map((hours) => typed(`PT${hours}H`))
    case 'anyURI': return fc.webUrl().map(typed)
    default: return fc.string({ maxLength: Math.min(maxLength, 12) })
  }
}

const concrete = (range: string): readonly string[] => [...classes.keys()].filter((iri) => ancestors(iri).has(range) && iri.startsWith(CARGO))

/** Values of one property of a class, as the vocabulary wants them; `nested`: of classes to embed. */
const valueOf = (iri: string, property: string, depth: number): fc.Arbitrary<unknown> => {
  const known = properties.get(property)
  const narrowest = (rulesOf(iri).get(property) ?? []).flatMap((rule) => rule.ranges)[0] ?? known?.ranges[0]
  if (narrowest === undefined || !known) return fc.constant('x')
  if (known.kind === 'literal') return literalOf(narrowest, known.maxLength ?? 40)
  const codes = closedLists.get(narrowest)
  if (codes) return fc.constantFrom(...codes).map((id) => ({ '@id': id }))
  if (ancestors(narrowest).has(`${CARGO}CodeListElement`)) return fc.uuid().map((code) => ({ '@id': `https://codes.example.com/list#${code}` }))
  const link = fc.uuid().map((id) => ({ '@id': `https://1r.example.com/logistics-objects/${id}` }))
  const embedded = concrete(narrowest).filter((one) => !isLogisticsObject(one))
  return depth === 0 || embedded.length === 0 ? link : fc.oneof(link, fc.constantFrom(...embedded).chain((one) => nodeOf(one, depth - 1)))
}

const nodeOf = (iri: string, depth: number): fc.Arbitrary<Node> => {
  const names = [...rulesOf(iri).keys()].filter((property) => property.startsWith(CARGO) && properties.has(property))
  const one = (property: string): fc.Arbitrary<readonly [string, unknown]> => {
    const most = Math.min(...(rulesOf(iri).get(property) ?? []).map((rule) => rule.most))
    const value = valueOf(iri, property, depth)
    return (most > 1 ? fc.oneof(value, fc.array(value, { maxLength: 2 })) : value).map((given) => [property, given] as const)
  }
  return fc.subarray(names, { maxLength: Math.min(6, names.length) }).chain((some) => fc.tuple(...some.map(one))).map((entries) => ({ '@type': iri, ...Object.fromEntries(entries) }))
}

/** Cargo classes of which objects are made here. */
export const OBJECT_CLASSES: readonly string[] = [...classes.keys()].filter((iri) => iri.startsWith(CARGO) && isLogisticsObject(iri))

/** Logistics objects, expanded JSON-LD, that the vocabulary allows. */
export const validObjects: fc.Arbitrary<Node> = fc.constantFrom(...OBJECT_CLASSES).chain((iri) => nodeOf(iri, 2))

/** What may be wrong with one property, and a value that is. */
const wrongs = (iri: string, property: string): readonly (readonly [string, unknown])[] => {
  const known = properties.get(property)
  const rules = rulesOf(iri).get(property) ?? []
  const ranges = rules.flatMap((rule) => rule.ranges)
  const one = known?.kind === 'link' ? (text: string) => ({ '@id': `https://1r.example.com/${text}` }) : (text: string) => ({ '@value': text })
  return [
    ...(known?.kind === 'link' ? [['a literal for an object', { '@type': `${XSD}string`, '@value': 'text' }] as const] : [['an object for a literal', { '@id': 'https://1r.example.com/x' }] as const]),
    ...(rules.some(({ most }) => most === 1) && ranges.every((range) => range === `${XSD}string` || (known?.kind === 'link' && !closedLists.has(range))) ? [['two values', [one('1'), one('2')]] as const] : []),
    ...(ranges.some((range) => closedLists.has(range)) ? [['a code of no list', { '@id': 'https://onerecord.iata.org/ns/code-lists/None#NONE' }] as const] : []),
    ...(ranges.some((range) => range.startsWith(XSD) && range !== `${XSD}string` && range !== `${XSD}anyURI`) ? [['no value of the datatype', { '@type': ranges[0], '@value': 'certainly not' }] as const] : []),
    ...(ranges.includes(`${CARGO}Value`) ? [['an embedded object of another class', { '@type': `${CARGO}Address`, [`${CARGO}postalCode`]: '1' }] as const] : []),
  ]
}

/** Objects with one thing wrong, and what it is. */
export const invalidObjects: fc.Arbitrary<{ readonly why: string; readonly object: Node }> = validObjects.chain((object) => {
  const iri = String(object['@type'])
  const names = [...rulesOf(iri).keys()].filter((property) => property.startsWith(CARGO) && properties.has(property) && !(properties.get(property)?.ranges ?? []).includes(`${XSD}anyURI`))
  const foreign = [...properties.keys()].filter((property) => property.startsWith(CARGO) && vocabulary.restricted.has(property) && !rulesOf(iri).has(property) && properties.get(property)?.domain.length === 0)
  const isLeaf = [...classes.keys()].every((other) => other === iri || !ancestors(other).has(iri))
  const wrong = fc.constantFrom(...names).chain((property) => fc.constantFrom(...wrongs(iri, property)).map(([why, value]) => ({ why, object: { ...object, [property]: value } })))
  return isLeaf ? fc.oneof(wrong, fc.constantFrom(...foreign).map((property) => ({ why: 'a property of another class', object: { ...object, [property]: { '@id': 'https://1r.example.com/x' } } }))) : wrong
})
