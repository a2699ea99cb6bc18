import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sameGraph } from '../compare.ts'
import { readJsonLd } from '../json-ld/reader.ts'
import { writeDocument } from '../json-ld/writer.ts'
import { bodies } from '../testing/bodies.ts'
import { example } from '../testing/examples.ts'
import { objectBody, objectGraph } from './body.ts'
import { splitObjects } from './split.ts'

const BASE = 'http://h.test'
const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const context = { '@context': { cargo: CARGO, x: 'http://foreign.test/' } }
const split = (json: unknown) => splitObjects(readJsonLd(json), BASE)
/** For bodies that are not what the standard allows. */
const splitAny = (json: unknown) => splitObjects(readJsonLd(json), BASE, { strictness: 'lenient' })

test.each(['Piece', 'Shipment_with_Piece', 'Sensor.expanded', 'Sensor.compacted', 'Company'])('%s is kept whole', (name) => {
  const objects = split(example(name))
  expect(sameGraph(example(name), objects.map(({ graph, iri }) => writeDocument(graph, iri)))).toEqual([])
})

test('the two forms of one example are the same', () => {
  const [expanded] = split(example('Sensor.expanded'))
  expect(split(example('Sensor.compacted'))).toEqual([expanded])
})

test('a nested logistics object becomes one of its own, a link stays a link', () => {
  const [company, person] = split(example('Company'))
  expect(company.type).toBe(`${CARGO}Company`)
  expect(person).toMatchObject({ type: `${CARGO}Person`, iri: expect.stringMatching(/^http:\/\/h\.test\/logistics-objects\/[0-9a-f-]{36}$/) as unknown })
  expect(split(example('Shipment_with_Piece'))).toHaveLength(1)
})

test('embedded objects get stable ids, ids of others are kept', () => {
  const [piece] = split({
    ...context, '@type': 'cargo:Piece', 'cargo:grossWeight': { '@id': 'internal:forged', '@type': 'cargo:Value' }, 'cargo:volumetricWeight': { '@type': 'cargo:VolumetricWeight' },
    'x:thing': { '@id': 'http://foreign.test/thing', 'x:of': 1 },
  })
  const ids = [...piece.graph.keys()].slice(1)
  expect(ids).toEqual([expect.stringMatching(/^internal:[0-9a-f-]{36}$/), expect.stringMatching(/^internal:[0-9a-f-]{36}$/), 'http://foreign.test/thing'])
})

test('a flattened body has one root', () => {
  const [shipment, piece] = split([
    { ...context, '@id': '_:p', '@type': 'cargo:Piece', 'cargo:ofShipment': { '@id': '_:s' }, 'cargo:upid': 'p' },
    { ...context, '@id': '_:v', '@type': 'cargo:Value', 'cargo:numericalValue': 3 },
    { ...context, '@id': '_:root', '@type': 'cargo:Waybill', 'cargo:shipment': { '@id': '_:s' } },
    { ...context, '@id': '_:s', '@type': 'cargo:Shipment', 'cargo:pieces': { '@id': '_:p' }, 'cargo:totalGrossWeight': { '@id': '_:v' } },
  ])
  expect([shipment.type, piece?.type]).toEqual([`${CARGO}Waybill`, `${CARGO}Piece`])
})

test.each([
  ['@graph', { ...context, '@graph': [{ '@type': 'cargo:Piece' }] }],
  ['an unknown class', { ...context, '@type': 'cargo:Parcel' }],
  ['no logistics object', { ...context, '@type': 'cargo:Value' }],
  ['no type', { ...context, 'cargo:upid': 'x' }],
  ['an unknown property', { ...context, '@type': 'cargo:Piece', 'cargo:colour': 'red' }],
  ['an unknown property of an embedded object', { ...context, '@type': 'cargo:Piece', 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:colour': 'red' } }],
  ['an object where a literal belongs', { ...context, '@type': 'cargo:Piece', 'cargo:goodsDescription': { '@type': 'cargo:Value' } }],
  ['a wrong lexical form', { ...context, '@type': 'cargo:Piece', 'cargo:coload': { '@type': 'http://www.w3.org/2001/XMLSchema#boolean', '@value': 'perhaps' } }],
  ['two roots', [{ ...context, '@type': 'cargo:Piece' }, { ...context, '@type': 'cargo:Piece' }]],
  ['a node that belongs to nothing', [{ ...context, '@type': 'cargo:Piece' }, { ...context, '@id': '_:v', '@type': 'cargo:Value', 'cargo:numericalValue': 1 }]],
])('%s is refused', (_, json) => {
  expect(() => split(json)).toThrow(expect.objectContaining({ status: 400 }))
})

test('whatever a body says is kept, through storing and reading', () => {
  fc.assert(fc.property(bodies, (body) => {
    const stored = splitAny(body).map(({ graph, iri }) => JSON.parse(objectBody(graph, iri, 1).toString()) as unknown)
    expect(sameGraph(body, stored)).toEqual([])
  }), { numRuns: 500 })
})

test('a stored body gives the graph it was made of', () => {
  fc.assert(fc.property(bodies, (body) => {
    for (const { graph, iri } of splitAny(body)) expect(objectBody(objectGraph(objectBody(graph, iri, 1), iri), iri, 1).equals(objectBody(graph, iri, 1))).toBe(true)
  }), { numRuns: 200 })
})

test('a chain of embedded objects is refused before it cannot be read', () => {
  const chain = Array.from({ length: 200 }, (_, index) => ({ '@id': `_:${index}`, '@type': `${CARGO}Value`, 'http://foreign.test/next': { '@id': `_:${index + 1}` } }))
  const [object] = split([{ '@type': `${CARGO}Piece`, 'http://foreign.test/next': { '@id': '_:0' } }, ...chain])
  expect(() => objectBody(object.graph, object.iri, 1)).toThrow(expect.objectContaining({ status: 400 }))
})
