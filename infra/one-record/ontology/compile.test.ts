import { expect, test } from 'vitest'
import { API, CARGO } from '../namespaces.ts'
import { changesBetween } from './changes.ts'
import { compileRelease, readTurtle } from './compile.ts'
import { ancestors, isLogisticsObject, mostSpecific, propertyKind, vocabularyOf } from './ontology.ts'
import { compileSources, SOURCES } from './sources.ts'
import { mergeTokens, type Table } from './table.ts'
import table from './table.json' with { type: 'json' }
import { readVocabulary } from './vocabulary.ts'

const TURTLE = `
@prefix : <${CARGO}> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:LogisticsObject a owl:Class .
:Piece a owl:Class ; rdfs:subClassOf :LogisticsObject ,
    [ a owl:Restriction ; owl:onProperty :coload ; owl:allValuesFrom xsd:boolean ] ,
    [ a owl:Restriction ; owl:onProperty :coload ; owl:maxCardinality "1"^^xsd:nonNegativeInteger ] ,
    [ a owl:Restriction ; owl:onProperty :mode ; owl:qualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onClass :Mode ] .
:coload a owl:DatatypeProperty ; rdfs:range xsd:boolean .
:code a owl:DatatypeProperty ; rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:string ; owl:withRestrictions ( [ xsd:maxLength 2 ] ) ] ;
    rdfs:domain [ a owl:Class ; owl:unionOf ( :Piece :Mode ) ] .
:mode a owl:ObjectProperty ; rdfs:range :Mode .
:CodeListElement a owl:Class .
:Mode a owl:Class ; rdfs:subClassOf :CodeListElement ; owl:equivalentClass [ a owl:Class ; owl:oneOf ( :AIR :SEA ) ] .
:Sensors a owl:Class ; rdfs:subClassOf :CodeListElement ; rdfs:comment "Open code list" .
:WARM a owl:NamedIndividual , :Sensors .
`
const release = compileRelease(readTurtle(TURTLE, 'test'))

test('an ontology becomes tokens: classes, properties, restrictions and code lists', () => {
  expect(release).toEqual({
    versions: [],
    classes: { 'c:CodeListElement': ['*'], 'c:LogisticsObject': ['*'], 'c:Mode': ['*', 'c:CodeListElement'], 'c:Piece': ['*', 'c:LogisticsObject'], 'c:Sensors': ['*', 'c:CodeListElement'] },
    properties: { 'c:coload': ['literal', '>x:boolean'], 'c:code': ['literal', '>x:string', ':c:Piece', ':c:Mode', 'len=2'], 'c:mode': ['link', '>c:Mode'] },
    restrictions: { 'c:Piece': ['c:coload>x:boolean', 'c:coload<1', 'c:mode>c:Mode', 'c:mode<1', 'c:mode+1'] },
    lists: { 'c:Mode': ['closed', 'c:AIR', 'c:SEA'], 'c:Sensors': ['open', 'c:WARM'] },
  })
})

test('where releases differ, what either allows is allowed, and each can be asked for alone', () => {
  const properties = mergeTokens(new Map([['1', { 'c:old': ['literal'], 'c:both': ['link', '>c:A'] }], ['2', { 'c:both': ['link', '>c:B'] }]]))
  const restrictions = mergeTokens(new Map([['1', { 'c:A': ['c:both<1', 'c:old<1'] }], ['2', { 'c:A': ['c:both<3'] }]]))
  expect(properties).toEqual({ 'c:old': 'literal@1', 'c:both': '>c:A@1 >c:B@2 link' })
  const small: Table = { releases: {}, classes: { 'c:A': '*' }, properties, restrictions, lists: {} }
  const [either, second] = [readVocabulary(small, ['1', '2']), readVocabulary(small, ['2'])]
  expect([...either.properties.keys()]).toEqual([`${CARGO}both`, `${CARGO}old`])
  expect(either.rulesOf(`${CARGO}A`).get(`${CARGO}both`)).toEqual([{ ranges: [], most: 3, least: 0 }])
  expect(either.rulesOf(`${CARGO}A`).get(`${CARGO}old`)).toEqual([{ ranges: [], most: 1, least: 0 }])
  expect([...second.properties.keys()]).toEqual([`${CARGO}both`])
})

test('what is no Turtle is an error that says where', () => {
  expect(() => readTurtle(':a :b :c .', 'x')).toThrow(/Undefined prefix.*line 1/)
  expect(() => readTurtle('@prefix : <http://x.test/> . :a :b :c', 'x')).toThrow(/line 1/)
})

test('the committed table is what the committed sources make', () => {
  expect(compileSources(SOURCES)).toEqual(table)
})

test('a new table says what is new and what is gone, name by name', () => {
  const before = { ...table, properties: { ...table.properties, 'c:coload': 'literal' } }
  expect(changesBetween(before, table)).toEqual(['properties c:coload: + >x:boolean'])
  expect(changesBetween(table, table)).toEqual([])
})

test('the table of the standard is whole', () => {
  expect([...ancestors(`${CARGO}Company`)]).toEqual(['Company', 'Organization', 'LogisticsAgent', 'LogisticsObject'].map((name) => CARGO + name))
  expect([`${CARGO}Piece`, `${CARGO}Value`, `${API}Change`, 'http://x.test/Piece'].map(isLogisticsObject)).toEqual([true, false, false, false])
  expect([`${CARGO}coload`, `${CARGO}inPiece`, `${API}hasRevision`, `${CARGO}colour`, 'http://x.test/p'].map(propertyKind)).toEqual(['literal', 'link', 'literal', null, null])
  const { classes, properties, closedLists } = vocabularyOf(null)
  expect([classes.size, properties.size, closedLists.size, [...classes.keys()].filter(isLogisticsObject).length]).toMatchInlineSnapshot(`
    [
      188,
      628,
      59,
      62,
    ]
  `)
  expect(vocabularyOf('2025-07').classes.has(`${CARGO}StatusUpdateEvent`)).toBe(false)
})

test('the most specific class is the one without a subclass beside it', () => {
  expect(mostSpecific([`${CARGO}LogisticsObject`, `${CARGO}Organization`, `${CARGO}Company`, 'http://x.test/Thing'])).toBe(`${CARGO}Company`)
  expect(mostSpecific([`${CARGO}Value`])).toBeNull()
})
