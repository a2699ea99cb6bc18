import { expect, test } from 'vitest'
import { API, CARGO } from '../namespaces.ts'
import { compile } from './compile.ts'
import { ancestors, isLogisticsObject, mostSpecific, propertyKind } from './ontology.ts'
import { readTurtle } from './turtle.ts'

const TURTLE = `
@prefix : <${CARGO}> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@base <${CARGO}> .
### a comment; with [ signs ] .
:Piece rdf:type owl:Class ;
    rdfs:subClassOf :PhysicalLogisticsObject , [ rdf:type owl:Restriction ; owl:onProperty :coload ; owl:maxCardinality "1"^^xsd:int ] ;
    rdfs:comment """Several
lines; with "quotes" ."""@en .
<${CARGO}coload> a owl:DatatypeProperty ; owl:oneOf ( :A :B ) .
:inPiece rdf:type owl:ObjectProperty .
`

test('an ontology becomes a table of its classes and properties', () => {
  expect(compile(readTurtle(TURTLE))).toEqual({ classes: { 'c:Piece': 'c:PhysicalLogisticsObject' }, links: 'c:inPiece', literals: 'c:coload' })
})

test('what is not understood is an error', () => {
  expect(() => readTurtle(':a :b :c .')).toThrow(/unknown prefix/)
  expect(() => readTurtle('@prefix : <http://x.test/> . :a :b :c')).toThrow(/ends within/)
  expect(() => readTurtle('"unfinished')).toThrow(/cannot read on/)
})

test('the table of the standard is whole', () => {
  expect([...ancestors(`${CARGO}Company`)]).toEqual(['Company', 'Organization', 'LogisticsAgent', 'LogisticsObject'].map((name) => CARGO + name))
  expect([`${CARGO}Piece`, `${CARGO}Value`, `${API}Change`, 'http://x.test/Piece'].map(isLogisticsObject)).toEqual([true, false, false, false])
  expect([`${CARGO}coload`, `${CARGO}inPiece`, `${API}hasRevision`, `${CARGO}colour`, 'http://x.test/p'].map(propertyKind)).toEqual(['literal', 'link', 'literal', null, null])
})

test('the most specific class is the one without a subclass beside it', () => {
  expect(mostSpecific([`${CARGO}LogisticsObject`, `${CARGO}Organization`, `${CARGO}Company`, 'http://x.test/Thing'])).toBe(`${CARGO}Company`)
  expect(mostSpecific([`${CARGO}Value`])).toBeNull()
})
