import { expect, test } from 'vitest'
import { readJsonLd } from '../json-ld/reader.ts'
import { writeNode } from '../json-ld/writer.ts'
import { splitObjects } from '../objects/split.ts'
import { applyChange } from './apply.ts'
import { readChange } from './change.ts'
import { changeBody, type Sent } from './testing.ts'

const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const XSD = 'http://www.w3.org/2001/XMLSchema#'
const context = { '@context': { cargo: CARGO, api: 'https://onerecord.iata.org/ns/api#', xsd: XSD } }
const IRI = 'http://h.test/logistics-objects/1'

const [piece] = splitObjects(readJsonLd({
  ...context, '@id': IRI, '@type': 'cargo:Piece', 'cargo:coload': { '@type': 'xsd:boolean', '@value': 'false' }, 'cargo:slac': 20, 'cargo:upid': 'one',
  'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': { '@type': 'xsd:double', '@value': '20.0' }, 'cargo:unit': { '@id': 'https://onerecord.iata.org/ns/code-lists/MeasurementUnitCode#KGM' } },
  'cargo:inPiece': { '@id': 'http://other.test/logistics-objects/9', '@type': 'cargo:Piece' },
}), 'http://h.test')
const weight = [...piece.graph.keys()].find((id) => id.startsWith('internal:')) ?? ''

const bodyOf = (operations: readonly Sent[], extra: object = {}) => changeBody(IRI, 1, operations, extra)
const change = (...operations: Sent[]) => writeNode(applyChange(piece.graph, IRI, readChange(readJsonLd(bodyOf(operations)), IRI, 'strict'), 2), IRI)

test('a value is replaced, whichever operation comes first', () => {
  const replaced = change(['ADD', IRI, `${CARGO}coload`, `${XSD}boolean`, 'true'], ['DELETE', IRI, `${CARGO}coload`, `${XSD}boolean`, 'false'])
  expect(replaced['cargo:coload']).toEqual({ '@type': `${XSD}boolean`, '@value': 'true' })
})

test('a new embedded object is typed by its datatype and gets an id that stays', () => {
  const operations: Sent[] = [
    ['ADD', '_:b0', `${CARGO}numericalValue`, `${XSD}double`, '3'],
    ['ADD', IRI, `${CARGO}volumetricWeight`, `${CARGO}Value`, '_:b0'],
  ]
  const made = change(...operations)['cargo:volumetricWeight']
  expect(made).toEqual({ '@id': expect.stringMatching(/^internal:[0-9a-f]{8}-[0-9a-f]{4}-5/) as unknown, '@type': 'cargo:Value', 'cargo:numericalValue': { '@type': `${XSD}double`, '@value': '3' } })
  expect(change(...operations)['cargo:volumetricWeight']).toEqual(made)
})

test('numbers are deleted by value', () => {
  expect(change(['DELETE', weight, `${CARGO}numericalValue`, `${XSD}double`, '20'])['cargo:grossWeight']).not.toHaveProperty('cargo:numericalValue')
  expect(change(['DELETE', IRI, `${CARGO}slac`, `${XSD}integer`, '20'])).not.toHaveProperty('cargo:slac')
})

test('an embedded object goes with the last link to it', () => {
  expect(change(['DELETE', IRI, `${CARGO}grossWeight`, `${CARGO}Value`, weight])).not.toHaveProperty('cargo:grossWeight')
  const graph = applyChange(piece.graph, IRI, readChange(readJsonLd(bodyOf([['DELETE', IRI, `${CARGO}grossWeight`, `${CARGO}Value`, weight]])), IRI, 'strict'), 2)
  expect([...graph.keys()]).not.toContain(weight)
})

test('links are added and deleted', () => {
  const other = 'http://other.test/logistics-objects/8'
  expect(change(['ADD', IRI, `${CARGO}inPiece`, `${CARGO}Piece`, other])['cargo:inPiece']).toEqual([{ '@id': 'http://other.test/logistics-objects/9', '@type': 'cargo:Piece' }, { '@id': other }])
  expect(change(['DELETE', IRI, `${CARGO}inPiece`, `${CARGO}Piece`, 'http://other.test/logistics-objects/9'])).not.toHaveProperty('cargo:inPiece')
})

test.each<[string, ...Sent]>([
  ['a value that is not there', 'DELETE', IRI, `${CARGO}upid`, `${XSD}string`, 'two'],
  ['a property that is not there', 'DELETE', IRI, `${CARGO}goodsDescription`, `${XSD}string`, 'x'],
  ['a value that is there already', 'ADD', IRI, `${CARGO}upid`, `${XSD}string`, 'one'],
  ['another object', 'ADD', 'http://h.test/logistics-objects/2', `${CARGO}upid`, `${XSD}string`, 'x'],
  ['an object that is only linked to', 'ADD', 'http://other.test/logistics-objects/9', `${CARGO}upid`, `${XSD}string`, 'x'],
  ['an embedded object of another', 'ADD', IRI, `${CARGO}volumetricWeight`, `${CARGO}Value`, 'internal:00000000-0000-5000-8000-000000000000'],
])('%s cannot be changed: 422', (_, ...sent) => {
  expect(() => change(sent)).toThrow(expect.objectContaining({ status: 422 }))
})

test.each<[string, ...Sent]>([
  ['events', 'ADD', IRI, `${CARGO}events`, `${CARGO}LogisticsEvent`, 'http://h.test/e'],
  ['an unknown property', 'ADD', IRI, `${CARGO}colour`, `${XSD}string`, 'red'],
  ['a revision', 'ADD', IRI, 'https://onerecord.iata.org/ns/api#hasRevision', `${XSD}integer`, '7'],
  ['a type', 'ADD', IRI, 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type', `${CARGO}Piece`, `${CARGO}Shipment`],
  ['a word for a boolean', 'ADD', IRI, `${CARGO}coload`, `${XSD}boolean`, 'perhaps'],
  ['text for a link', 'ADD', IRI, `${CARGO}grossWeight`, `${CARGO}Value`, 'twenty'],
  ['a new logistics object', 'ADD', IRI, `${CARGO}containedPieces`, `${CARGO}Piece`, '_:p'],
  ['an abbreviated property', 'ADD', IRI, 'cargo:upid', `${XSD}string`, 'x'],
  ['an abbreviated value', 'ADD', IRI, `${CARGO}loadType`, 'http://x.test/Type', 'cargo:BULK'],
  ['a subject from nowhere', 'ADD', '_:x', `${CARGO}unit`, `${XSD}string`, 'x'],
])('%s cannot be asked for: 400', (_, ...sent) => {
  expect(() => change(sent)).toThrow(expect.objectContaining({ status: 400 }))
})

test.each([
  ['for another object', { 'api:hasLogisticsObject': { '@id': 'http://h.test/logistics-objects/2' } }],
  ['for two objects', { 'api:hasLogisticsObject': [{ '@id': IRI }, { '@id': 'http://h.test/logistics-objects/2' }] }],
  ['without a revision', { 'api:hasRevision': [] }],
  ['with revision 0', { 'api:hasRevision': 0 }],
  ['without operations', { 'api:hasOperation': [] }],
  ['that is no change', { '@type': 'api:Subscription' }],
])('a body %s is refused: 400', (_, extra) => {
  const body = bodyOf([['ADD', IRI, `${CARGO}upid`, `${XSD}string`, 'x']], extra)
  expect(() => readChange(readJsonLd(body), IRI, 'strict')).toThrow(expect.objectContaining({ status: 400 }))
})

test('a change that fails leaves nothing changed', () => {
  const before = JSON.stringify(writeNode(piece.graph, IRI))
  expect(() => change(['ADD', IRI, `${CARGO}upid`, `${XSD}string`, 'two'], ['ADD', IRI, `${CARGO}upid`, `${XSD}string`, 'one'])).toThrow()
  expect(JSON.stringify(writeNode(piece.graph, IRI))).toBe(before)
})
