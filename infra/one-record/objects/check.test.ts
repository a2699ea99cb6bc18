import fc from 'fast-check'
import { DataFactory, Store, type Quad_Object } from 'n3'
import ShaclValidator from 'rdf-validate-shacl'
import { describe, expect, test } from 'vitest'
import type { Graph, Literal } from '../json-ld/graph.ts'
import { datatypeOf } from '../json-ld/literal.ts'
import { readJsonLd } from '../json-ld/reader.ts'
import { CARGO, RDF_TYPE, XSD } from '../namespaces.ts'
import { vocabularyOf } from '../ontology/ontology.ts'
import { example } from '../testing/examples.ts'
import { invalidObjects, validObjects } from '../testing/objects.ts'
import { shapesOf } from '../testing/shapes.ts'
import { faults, validate, type Options } from './check.ts'

const context = { cargo: CARGO, api: 'https://onerecord.iata.org/ns/api#', xsd: XSD, codes: 'https://onerecord.iata.org/ns/code-lists/', x: 'http://foreign.test/' }
const check = (body: object, options: Options = { strictness: 'strict' }): string[] => [...faults(readJsonLd({ '@context': context, ...body }).graph, options)].map(({ message }) => message)
const piece = (more: object) => ({ '@id': 'http://h.test/logistics-objects/1', '@type': 'cargo:Piece', ...more })

test.each(['Piece', 'Shipment_with_Piece', 'Sensor.expanded', 'Sensor.compacted', 'Company', 'Change_example1', 'Change_example2'])('the example %s is valid', (name) => {
  expect([...faults(readJsonLd(example(name)).graph, { strictness: 'strict' })]).toEqual([])
})

describe('valid is', () => {
  test.each<[string, object]>([
    ['native numbers and booleans', piece({ 'cargo:coload': true, 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': 20 } })],
    ['a plain string for a date or an address', { '@type': 'cargo:LogisticsEvent', 'cargo:eventDate': '2026-01-01T00:00:00Z' }],
    ['a string with a language', piece({ 'cargo:goodsDescription': { '@value': 'Papier', '@language': 'de' } })],
    ['one value or an array', piece({ 'cargo:goodsDescription': ['x'], 'cargo:specialHandlingCodes': { '@id': 'codes:SpecialHandlingCode#VAL' } })],
    ['superclasses in @type', { '@type': ['cargo:Company', 'cargo:Organization', 'cargo:LogisticsAgent', 'cargo:LogisticsObject'], 'cargo:shortName': 'x' }],
    ['a custom code of an open list', piece({ 'cargo:specialHandlingCodes': [{ '@id': 'https://mine.test/handlingCodes#CUS' }] })],
    ['a code list element of one\'s own', { '@type': 'cargo:CustomsInformation', 'cargo:subjectCode': { '@id': 'https://mine.test/subjectCode#ISS', '@type': 'cargo:CodeListElement' } }],
    ['a code of a closed list', { '@type': 'cargo:LogisticsEvent', 'cargo:eventTimeType': { '@id': 'cargo:ACTUAL', '@type': 'cargo:EventTimeType' } }],
    ['an embedded object without a class', piece({ 'cargo:grossWeight': { 'cargo:numericalValue': 1 } })],
    ['a link of which nothing is known', piece({ 'cargo:containedPieces': [{ '@id': 'http://other.test/logistics-objects/2' }] })],
    ['a link said to be of a superclass', { '@type': 'cargo:LogisticsEvent', 'cargo:recordingActor': { '@id': 'http://other.test/logistics-objects/2', '@type': 'cargo:LogisticsAgent' } }],
    ['an integer for a double', { '@type': 'cargo:Piece', 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': { '@type': 'xsd:integer', '@value': '20' } } }],
    ['what the server sets', piece({ 'api:hasRevision': 7, 'api:hasLatestRevision': '7' })],
    ['what is foreign, in classes and properties', { '@type': ['cargo:Piece', 'x:Thing'], 'x:colour': 'red', 'x:of': { '@type': 'x:Other', 'x:a': 1 } }],
    ['a deprecated property that no class has', piece({ 'cargo:goodsDescriptionForRate': 'x' })],
    ['an event for several objects, as 2.3.0 has it', { '@type': 'cargo:LogisticsEvent', 'cargo:eventFor': [{ '@id': 'http://o.test/1' }, { '@id': 'http://o.test/2' }] }],
    ['a property that an older release had', { '@type': 'cargo:SecurityDeclaration', 'cargo:receivedFrom': { '@id': 'http://o.test/1' } }],
  ])('%s', (_, body) => {
    expect(check(body)).toEqual([])
  })
})

describe('refused is', () => {
  test.each<[string, object, string]>([
    ['an unknown class', { '@type': 'cargo:Parcel' }, 'cargo:Parcel is no class of the standard.'],
    ['an unknown property', piece({ 'cargo:colour': 'red' }), 'cargo:colour is no property of the standard.'],
    ['a property of another class', piece({ 'cargo:waybillNumber': '1' }), 'cargo:Piece has no cargo:waybillNumber.'],
    ['a property that an embedded object has not', piece({ 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:upid': '1' } }), 'cargo:Value has no cargo:upid.'],
    ['the same of one without a class', piece({ 'cargo:grossWeight': { 'cargo:upid': '1' } }), 'cargo:Value has no cargo:upid.'],
    ['an API property on a piece', piece({ 'api:hasTitle': 'x' }), 'cargo:Piece has no api:hasTitle.'],
    ['an object for a literal', piece({ 'cargo:goodsDescription': { '@type': 'cargo:Value' } }), 'cargo:goodsDescription takes a literal, not an object.'],
    ['a literal for an object', piece({ 'cargo:grossWeight': 20 }), 'cargo:grossWeight takes an object or a link, not 20.'],
    ['an embedded object of another class', piece({ 'cargo:grossWeight': { '@type': 'cargo:Address' } }), 'The value of cargo:grossWeight is no cargo:Value.'],
    ['a link to another class', { '@type': 'cargo:Shipment', 'cargo:pieces': { '@id': 'http://o.test/1', '@type': 'cargo:Waybill' } }, 'The value of cargo:pieces is no cargo:Piece.'],
    ['a word for a boolean', piece({ 'cargo:coload': 'perhaps' }), '"perhaps" of cargo:coload is no xsd:boolean.'],
    ['a text that is not of its own datatype', piece({ 'cargo:coload': { '@type': 'xsd:boolean', '@value': 'perhaps' } }), '"perhaps" is no xsd:boolean.'],
    ['another datatype', piece({ 'cargo:coload': { '@type': 'xsd:dateTime', '@value': '2026-01-01T00:00:00Z' } }), '"2026-01-01T00:00:00Z" of cargo:coload is no xsd:boolean.'],
    ['a day that does not exist', { '@type': 'cargo:LogisticsEvent', 'cargo:eventDate': { '@type': 'xsd:dateTime', '@value': '2026-02-30T00:00:00Z' } }, '"2026-02-30T00:00:00Z" is no xsd:dateTime.'],
    ['a fraction for an integer', piece({ 'cargo:slac': 1.5 }), '1.5 of cargo:slac is no xsd:integer.'],
    ['two values where one is the most', piece({ 'cargo:goodsDescription': ['a', 'b'] }), 'cargo:goodsDescription is there 2 times; one value is the most.'],
    ['a text that is too long', { '@type': 'cargo:Carrier', 'cargo:airlineCode': 'LHX' }, '"LHX" of cargo:airlineCode is longer than 2.'],
    ['a code that a closed list does not have', { '@type': 'cargo:LogisticsEvent', 'cargo:eventTimeType': { '@id': 'cargo:SOON' } }, `${CARGO}SOON is no code of cargo:EventTimeType.`],
    ['a code of one\'s own in a closed list', piece({ 'cargo:loadType': { '@id': 'https://mine.test/loads#X' } }), 'https://mine.test/loads#X is no code of cargo:LoadType.'],
  ])('%s', (_, body, message) => {
    expect(check(body)).toEqual([message])
    expect(() => validate(readJsonLd({ '@context': context, ...body }).graph, { strictness: 'strict' })).toThrow(expect.objectContaining({ status: 400, message }))
  })
})

test('a fault names property and resource', () => {
  const graph = readJsonLd({ '@context': context, ...piece({ 'cargo:colour': 'red' }) }).graph
  expect([...faults(graph, { strictness: 'strict' })]).toEqual([{ message: expect.any(String) as unknown, property: `${CARGO}colour`, resource: 'http://h.test/logistics-objects/1' }])
})

test('lenient keeps what the ontologies do not know, but no text that is not of its datatype', () => {
  const body = piece({ 'cargo:colour': 'red', 'cargo:waybillNumber': ['1', '2'], 'cargo:loadType': { '@id': 'x:any' }, 'cargo:grossWeight': 20 })
  expect(check(body, { strictness: 'lenient' })).toEqual([])
  expect(check(piece({ 'cargo:coload': { '@type': 'xsd:boolean', '@value': 'perhaps' } }), { strictness: 'lenient' })).toEqual(['"perhaps" is no xsd:boolean.'])
})

test('one release can be asked for alone', () => {
  const event = { '@type': 'cargo:StatusUpdateEvent', 'cargo:eventCode': { '@id': 'codes:StatusCode#DEP' } }
  expect(check(event)).toEqual([])
  expect(check(event, { strictness: 'strict', release: '2025-07' })).toContain('cargo:StatusUpdateEvent is no class of the standard.')
})

/** The graph as triples for the second judge: plain and native literals get the datatype that the property asks for. */
const asStore = (graph: Graph): Store => {
  const { namedNode, blankNode, literal, quad } = DataFactory
  const node = (id: string) => (id.startsWith('_:') ? blankNode(id.slice(2)) : namedNode(id))
  const { properties } = vocabularyOf(null)
  const term = (property: string, value: Literal): Quad_Object => {
    const [asked] = properties.get(property)?.ranges ?? []
    const coerced = value.datatype === null && typeof value.value !== 'string' ? asked : undefined
    return literal(String(value.value), namedNode(coerced ?? datatypeOf(value)))
  }
  const store = new Store()
  // SHACL asks the data for the classes of classes
  for (const [child, parents] of vocabularyOf(null).classes) for (const parent of parents) store.addQuad(quad(namedNode(child), namedNode('http://www.w3.org/2000/01/rdf-schema#subClassOf'), namedNode(parent)))
  for (const { id, types, properties: said } of graph.values()) {
    for (const type of types) store.addQuad(quad(node(id), namedNode(RDF_TYPE), namedNode(type)))
    for (const [property, { values }] of said) for (const value of values) if (value.kind !== 'list') store.addQuad(quad(node(id), namedNode(property), value.kind === 'link' ? node(value.id) : term(property, value)))
  }
  return store
}

// a second judge, two to three milliseconds an object on a quiet machine
describe('SHACL, derived from the same table, agrees', { timeout: 60_000 }, () => {
  const classes = [...vocabularyOf(null).classes.keys()].filter((iri) => iri.startsWith(CARGO))
  const judge = new ShaclValidator(shapesOf(vocabularyOf(null), classes))
  const verdicts = async (body: object) => {
    const { graph } = readJsonLd(body)
    const ours = [...faults(graph, { strictness: 'strict' })].map(({ message }) => message)
    const { conforms } = await judge.validate(asStore(graph))
    return { ours, theirs: conforms }
  }

  test('on objects that are valid', async () => {
    await fc.assert(fc.asyncProperty(validObjects, async (object) => {
      expect(await verdicts(object)).toEqual({ ours: [], theirs: true })
    }), { numRuns: 300 })
  })

  test('on objects with one thing wrong', async () => {
    const seen = new Map<string, number>()
    await fc.assert(fc.asyncProperty(invalidObjects, async ({ why, object }) => {
      seen.set(why, (seen.get(why) ?? 0) + 1)
      const { ours, theirs } = await verdicts(object)
      expect({ ours: ours.length === 0, theirs, why }).toEqual({ ours: false, theirs: false, why })
    }), { numRuns: 300 })
    process.stdout.write(`validation: 600 objects judged by SHACL as well; wrong on purpose: ${[...seen].map(([why, times]) => `${times} ${why}`).join(', ')}\n`)
    expect(seen.size).toBeGreaterThan(3)
  })
})
