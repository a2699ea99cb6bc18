import { expect, test } from 'vitest'
import { readJsonLd } from '../json-ld/reader.ts'
import { CARGO } from '../namespaces.ts'
import { key } from '../store/key.ts'
import { identifierTerm, searchTerms, wordsOf } from './search-terms.ts'

const IRI = 'http://h.test/logistics-objects/1'
const LISTS = 'https://onerecord.iata.org/ns/code-lists/'
const termsOf = (body: object) => searchTerms(readJsonLd({ '@context': { cargo: CARGO }, '@id': IRI, ...body }).graph, IRI)

test('an object is found by its classes and all above them', () => {
  expect([...termsOf({ '@type': 'cargo:Waybill' }).types]).toEqual([`${CARGO}Waybill`, `${CARGO}LogisticsObject`])
})

test('by codes of its own and of what is embedded in it, whole and alone', () => {
  const { codes } = termsOf({
    '@type': 'cargo:Piece', 'cargo:specialHandlingCodes': [{ '@id': `${LISTS}SpecialHandlingCode#VAL` }],
    'cargo:grossWeight': { '@id': 'internal:1', 'cargo:unit': { '@id': `${LISTS}MeasurementUnitCode#KGM` } },
    'cargo:fulfillsUldTypeCode': { '@id': 'internal:2', '@type': 'cargo:CodeListElement', 'cargo:code': 'AKE' },
    'cargo:ofShipment': { '@id': 'http://h.test/logistics-objects/2' },
  })
  expect([...codes].toSorted()).toEqual(['AKE', 'KGM', 'VAL', `${LISTS}MeasurementUnitCode#KGM`, `${LISTS}SpecialHandlingCode#VAL`].toSorted())
})

test('by identifiers, however they are written', () => {
  expect(identifierTerm('020-1234 5675')).toBe('02012345675')
  expect(identifierTerm('ake 00001 lh')).toBe('AKE00001LH')
  const { identifiers } = termsOf({
    '@type': 'cargo:Waybill', 'cargo:waybillPrefix': '020', 'cargo:waybillNumber': '12345675',
    'cargo:otherIdentifiers': { '@id': 'internal:1', '@type': 'cargo:OtherIdentifier', 'cargo:textualValue': 'HAWB/7' },
  })
  expect([...identifiers].toSorted()).toEqual(['02012345675', '12345675', 'HAWB7'])
})

test('by words without case, accents and signs', () => {
  expect(wordsOf('Zürich–Kloten: 3 "Åse"')).toEqual(['zurich', 'kloten', '3', 'ase'])
  expect([...termsOf({ '@type': 'cargo:Piece', 'cargo:goodsDescription': 'Fresh Roses', 'cargo:coload': true }).words]).toEqual(['fresh', 'roses'])
})

test('a word is no longer than its key can write out, and an object has no more terms than rows are good for', () => {
  for (const word of ['x'.repeat(1_000), '花'.repeat(1_000), '𝒳'.repeat(1_000)]) for (const term of wordsOf(word)) expect(key('term', term)).toBe(`term/${encodeURIComponent(term)}`)
  const many = termsOf({ '@type': 'cargo:Piece', 'cargo:goodsDescription': Array.from({ length: 5_000 }, (_, n) => `word${n}`).join(' ') })
  expect(many.words.size).toBe(300)
})
