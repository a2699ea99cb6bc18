import { expect, test } from 'vitest'
import { readWhole, sameGraph } from './compare.ts'

const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const XSD = 'http://www.w3.org/2001/XMLSchema#'
const context = { '@context': { cargo: CARGO, api: 'https://onerecord.iata.org/ns/api#' } }
const weight = (value: unknown) => ({ '@type': 'cargo:Value', 'cargo:numericalValue': value })
const piece = { ...context, '@type': 'cargo:Piece', 'cargo:coload': true, 'cargo:grossWeight': weight({ '@type': `${XSD}double`, '@value': '20.0' }) }
const read = {
  ...context, '@id': 'http://h.test/logistics-objects/1', '@type': 'cargo:Piece', 'api:hasRevision': 1, 'api:hasLatestRevision': 1,
  'cargo:grossWeight': { '@id': 'internal:7', ...weight({ '@type': `${XSD}double`, '@value': '20' }) }, 'cargo:coload': [{ '@type': `${XSD}boolean`, '@value': 'true' }],
}

test('ids, revisions, order and form do not count', () => expect(sameGraph(piece, [read])).toEqual([]))

test.each([
  ['another value', { ...read, 'cargo:coload': false }],
  ['another type', { ...read, '@type': 'cargo:Shipment' }],
  ['one more type', { ...read, '@type': ['cargo:Piece', 'cargo:LogisticsObject'] }],
  ['a property that is gone', { ...read, 'cargo:coload': [] }],
  ['a property that is new', { ...read, 'cargo:upid': 'x' }],
  ['another datatype', { ...read, 'cargo:grossWeight': weight({ '@type': `${XSD}decimal`, '@value': '20' }) }],
  ['another embedded value', { ...read, 'cargo:grossWeight': weight({ '@type': `${XSD}double`, '@value': '20.1' }) }],
  ['a language', { ...read, 'cargo:coload': { '@value': 'true', '@language': 'en' } }],
])('%s counts', (_, other) => expect(sameGraph(piece, [other])).not.toEqual([]))

test('an embedded object of which nothing is said is still there', () => {
  const empty = (node: unknown) => ({ ...context, '@type': 'cargo:Piece', 'cargo:grossWeight': node })
  expect(sameGraph(empty({}), [empty({ '@id': 'internal:1' })])).toEqual([])
  expect(sameGraph(empty({}), [empty([])])).not.toEqual([])
})

test('who a statement is about counts', () => {
  const twins = (first: unknown, second: unknown) => ({ ...context, '@type': 'cargo:Piece', 'cargo:grossWeight': { ...weight(1), 'cargo:unit': first }, 'cargo:volumetricWeight': { ...weight(2), 'cargo:unit': second } })
  expect(sameGraph(twins('a', 'b'), [twins('a', 'b')])).toEqual([])
  expect(sameGraph(twins('a', 'b'), [twins('b', 'a')])).toEqual(['the same statements, but linked otherwise'])
})

test('nested objects are found where the server has put them', async () => {
  const person = { '@type': 'cargo:Person', 'cargo:firstName': 'Jane' }
  const company = { ...context, '@type': 'cargo:Company', 'cargo:name': 'Acme', 'cargo:contactPersons': [person] }
  const base = 'http://h.test/logistics-objects/'
  const stored: Readonly<Record<string, unknown>> = {
    [`${base}1`]: { ...company, '@id': `${base}1`, 'cargo:contactPersons': [{ '@id': `${base}2` }] },
    [`${base}2`]: { ...context, ...person, '@id': `${base}2` },
  }
  const whole = await readWhole((iri) => Promise.resolve(stored[iri]), `${base}1`, company)
  expect(sameGraph(company, whole)).toEqual([])
  expect(sameGraph(company, whole.slice(0, 1))).not.toEqual([])
})
