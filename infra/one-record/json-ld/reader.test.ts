import { expect, test } from 'vitest'
import { sameGraph } from '../compare.ts'
import { valueKey } from './graph.ts'
import { parseJson, readJsonLd } from './reader.ts'
import { writeDocument } from './writer.ts'

const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const XSD = 'http://www.w3.org/2001/XMLSchema#'

/** Statements of a document, sorted; labels of blank nodes as they are. */
const statements = (json: unknown): string[] =>
  [...readJsonLd(json).graph.values()].flatMap(({ id, types, properties }) => [
    ...types.map((type) => `${id} a ${type}`),
    ...[...properties].flatMap(([iri, { values }]) => values.map((value) => `${id} ${iri} ${valueKey(value)}`)),
  ]).toSorted()

const COMPACTED = {
  '@context': { cargo: CARGO }, '@id': 'http://x.test/1', '@type': 'cargo:Piece',
  'cargo:coload': { '@type': `${XSD}boolean`, '@value': 'false' }, 'cargo:goodsDescription': 'books',
  'cargo:grossWeight': { '@id': '_:w', '@type': 'cargo:Value', 'cargo:numericalValue': 20 },
}
const EXPANDED = [{
  '@id': 'http://x.test/1', '@type': [`${CARGO}Piece`],
  [`${CARGO}coload`]: [{ '@type': `${XSD}boolean`, '@value': 'false' }], [`${CARGO}goodsDescription`]: [{ '@value': 'books' }],
  [`${CARGO}grossWeight`]: [{ '@id': '_:w', '@type': [`${CARGO}Value`], [`${CARGO}numericalValue`]: [{ '@value': 20 }] }],
}]
const FLATTENED = {
  '@context': { cargo: CARGO },
  '@graph': [
    { '@id': '_:w', '@type': 'cargo:Value', 'cargo:numericalValue': 20 },
    { '@id': 'http://x.test/1', '@type': 'cargo:Piece', 'cargo:coload': { '@type': `${XSD}boolean`, '@value': 'false' }, 'cargo:goodsDescription': 'books', 'cargo:grossWeight': { '@id': '_:w' } },
  ],
}

test('compacted, expanded and flattened say the same', () => {
  expect(statements(EXPANDED)).toEqual(statements(COMPACTED))
  expect(statements(FLATTENED)).toEqual(statements(COMPACTED))
})

test.each([
  ['a vocabulary', { '@context': { '@vocab': CARGO }, '@id': 'http://x.test/1', '@type': 'Piece', goodsDescription: 'books' }],
  ['aliases of keywords', { '@context': { c: CARGO, id: '@id', type: '@type' }, id: 'http://x.test/1', type: 'c:Piece', 'c:goodsDescription': 'books' }],
  ['terms', { '@context': { Piece: `${CARGO}Piece`, text: { '@id': `${CARGO}goodsDescription` } }, '@id': 'http://x.test/1', '@type': 'Piece', text: 'books' }],
  ['terms that use later prefixes', { '@context': { text: 'c:goodsDescription', c: CARGO }, '@id': 'http://x.test/1', '@type': 'c:Piece', text: 'books' }],
  ['a base', { '@context': { '@base': 'http://x.test/', c: CARGO }, '@id': '1', '@type': 'c:Piece', 'c:goodsDescription': 'books' }],
  ['several contexts', { '@context': [{ '@vocab': 'http://wrong.test/' }, null, { '@vocab': CARGO }], '@id': 'http://x.test/1', '@type': 'Piece', goodsDescription: ['books', 'books'] }],
  ['the namespace by its address', { '@context': 'https://onerecord.iata.org/ns/cargo', '@id': 'http://x.test/1', '@type': 'Piece', goodsDescription: { '@set': ['books'] } }],
])('%s is understood', (_, json) => {
  expect(statements(json)).toEqual([`http://x.test/1 a ${CARGO}Piece`, `http://x.test/1 ${CARGO}goodsDescription string "books"^@`])
})

test('terms give types, languages, links and lists', () => {
  const read = statements({
    '@context': { '@vocab': 'http://v.test/', '@language': 'de', when: { '@type': `${XSD}dateTime` }, of: { '@type': '@id' }, kind: { '@type': '@vocab' }, plain: { '@language': null }, row: { '@container': '@list' } },
    '@id': 'http://x.test/1', when: '2026-01-01T00:00:00Z', of: 'http://x.test/2', kind: 'Big', plain: 'a', text: 'b', row: ['c', 1],
  })
  expect(read).toEqual([
    `http://x.test/1 http://v.test/kind <http://v.test/Big>`, `http://x.test/1 http://v.test/of <http://x.test/2>`,
    `http://x.test/1 http://v.test/plain string "a"^@`, `http://x.test/1 http://v.test/row (string "c"^@de number 1^@)`,
    `http://x.test/1 http://v.test/text string "b"^@de`, `http://x.test/1 http://v.test/when string "2026-01-01T00:00:00Z"^${XSD}dateTime@`,
  ])
})

test.each([
  ['a remote context', { '@context': 'https://elsewhere.test/context.jsonld', '@type': 'x:y' }],
  ['a key that leads nowhere', { '@id': 'http://x.test/1', goodsDescription: 'dropped' }],
  ['a prefix without definition', { '@id': 'http://x.test/1', 'cargo:goodsDescription': 'x' }],
  ['a relative id', { '@id': 'one', 'http://v.test/a': 1 }],
  ['a term defined by itself', { '@context': { a: 'b:x', b: 'a:x' }, 'a:c': 1 }],
  ['a reverse property of text', { '@id': 'http://x.test/1', '@reverse': { 'http://v.test/of': 'x' } }],
  ['a text direction', { 'http://v.test/a': { '@value': 'x', '@direction': 'rtl' } }],
  ['a named graph', { '@id': 'http://x.test/1', '@graph': [] }],
  ['a scoped context', { '@context': { a: { '@id': 'http://v.test/a', '@context': {} } }, a: 1 }],
  ['a language map', { '@context': { a: { '@id': 'http://v.test/a', '@container': '@language' } }, a: {} }],
  ['two ids', { '@context': { id: '@id' }, id: 'http://x.test/1', '@id': 'http://x.test/2' }],
  ['a value beside a property', { 'http://v.test/a': { '@value': 1, 'http://v.test/b': 2 } }],
  ['a number', 5],
  ['nothing', null],
  ['nesting without end', JSON.parse(`${'{"http://v.test/a":'.repeat(500)}1${'}'.repeat(500)}`)],
  ['an array of arrays without end', JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)],
  ['contexts without end', { '@context': JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) }],
  ['a JSON literal without end', { 'http://v.test/a': { '@type': '@json', '@value': JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) } }],
  ['arrays without end', { 'http://v.test/a': JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) }],
  ['a bomb of contexts', { '@context': Array.from({ length: 1_000 }, () => ({ a: 'http://v.test/a' })), a: 1 }],
  ['a bomb of nodes', { 'http://v.test/a': Array.from({ length: 30_000 }, () => ({})) }],
])('%s is refused', (_, json) => {
  expect(() => readJsonLd(json)).toThrow(expect.objectContaining({ status: 400 }))
})

test('numbers keep all their digits', () => {
  const json = parseJson('{"http://v.test/a": 12345678901234567890, "http://v.test/b": 0.12345678901234567890, "http://v.test/c": 20.0}')
  const { graph, roots: [root = ''] } = readJsonLd(json)
  expect(writeDocument(graph, root)).toMatchObject({
    'http://v.test/a': { '@type': `${XSD}integer`, '@value': '12345678901234567890' }, 'http://v.test/b': { '@type': `${XSD}double`, '@value': '0.12345678901234567890' }, 'http://v.test/c': 20,
  })
  expect(() => readJsonLd(parseJson('{"http://v.test/a": 1e999}'))).toThrow(/too large/)
})

test('what is written reads as the same', () => {
  const { graph, roots: [root = ''] } = readJsonLd({
    '@context': { cargo: CARGO, x: 'http://foreign.test/' }, '@id': 'http://x.test/1', '@type': ['cargo:Piece', 'x:Thing'], 'x:list': { '@list': [1, { '@list': ['a'] }, { 'x:y': true }] },
    'x:loop': { '@id': '_:l', 'x:self': { '@id': '_:l' } }, 'x:empty': [], 'x:text': [{ '@value': 'Stück', '@language': 'de' }, 'piece'], 'x:strange': { '@id': `${CARGO}//x` },
  })
  expect(sameGraph(writeDocument(graph, root), [writeDocument(readJsonLd(writeDocument(graph, root)).graph, root)])).toEqual([])
})

test('reverse links, nodes beside others, indexes and JSON literals are understood', () => {
  expect(statements({
    '@id': 'http://x.test/1', '@index': 'a', 'http://v.test/a': { '@value': 'x', '@index': 'b' }, '@included': [{ '@id': 'http://x.test/3', 'http://v.test/a': true }],
    '@reverse': { 'http://v.test/of': [{ '@id': 'http://x.test/2', 'http://v.test/j': { '@type': '@json', '@value': { b: [1, null], a: 1.0 } } }] },
  })).toEqual([
    'http://x.test/1 http://v.test/a string "x"^@', 'http://x.test/2 http://v.test/j string "{\\"a\\":1,\\"b\\":[1,null]}"^http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON@',
    'http://x.test/2 http://v.test/of <http://x.test/1>', 'http://x.test/3 http://v.test/a boolean true^@',
  ])
  expect(readJsonLd({ '@id': 'http://x.test/1', '@reverse': { 'http://v.test/of': { 'http://v.test/a': 1 } } }).roots).toEqual(['http://x.test/1'])
})

test('an exact number takes the datatype that is said of it', () => {
  const json = parseJson(`{"@context": {"a": {"@id": "http://v.test/a", "@type": "${XSD}decimal"}}, "@id": "http://x.test/1", "a": 0.12345678901234567890, "http://v.test/b": {"@value": 12345678901234567890}}`)
  expect(statements(json)).toEqual([
    `http://x.test/1 http://v.test/a string "0.12345678901234567890"^${XSD}decimal@`, `http://x.test/1 http://v.test/b string "12345678901234567890"^${XSD}integer@`,
  ])
})
