import { afterAll, expect, test } from 'vitest'
import { valueKey } from './graph.ts'
import { newExpander } from './expander.ts'
import { parseJson, type Document } from './reader.ts'
import { readDocument, restReading } from './read.ts'

afterAll(restReading)

const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const statements = ({ graph }: Document): string[] =>
  [...graph.values()].flatMap(({ id, types, properties }) => [
    ...types.map((type) => `${id} a ${type}`), ...[...properties].flatMap(([iri, { values }]) => values.map((value) => `${id} ${iri} ${valueKey(value)}`)),
  ]).toSorted()
const PIECE = [`http://x.test/1 ${CARGO}goodsDescription string "books"^@`, `http://x.test/1 a ${CARGO}Piece`].toSorted()

test.each([
  ['what the own reader reads', { '@context': { cargo: CARGO }, '@id': 'http://x.test/1', '@type': 'cargo:Piece', 'cargo:goodsDescription': 'books' }],
  ['a context of a type', { '@context': { Piece: { '@id': `${CARGO}Piece`, '@context': { '@vocab': CARGO } } }, '@id': 'http://x.test/1', '@type': 'Piece', goodsDescription: 'books' }],
  ['a context that a type names by its address', { '@context': { Piece: { '@id': `${CARGO}Piece`, '@context': 'https://onerecord.iata.org/ns/cargo' } }, '@id': 'http://x.test/1', '@type': 'Piece', goodsDescription: 'books' }],
  ['nested properties', { '@context': { '@vocab': CARGO, details: '@nest' }, '@id': 'http://x.test/1', '@type': 'Piece', details: { goodsDescription: 'books' } }],
  ['an index map', { '@context': { '@vocab': CARGO, goodsDescription: { '@container': '@index' } }, '@id': 'http://x.test/1', '@type': 'Piece', goodsDescription: { first: 'books' } }],
  ['protected terms', { '@context': { '@protected': true, '@vocab': CARGO }, '@id': 'http://x.test/1', '@type': 'Piece', goodsDescription: 'books' }],
])('%s is understood', async (_, json) => expect(statements(await readDocument(json))).toEqual(PIECE))

test('languages by a map, exact numbers, a reverse term', async () => {
  const json = parseJson(`{"@context": {"@vocab": "http://v.test/", "says": {"@container": "@language"}, "child": {"@reverse": "http://v.test/parent"}}, "@id": "http://x.test/1",
    "says": {"de": "Stück"}, "n": 12345678901234567890, "child": {"@id": "http://x.test/2"}}`)
  expect(statements(await readDocument(json))).toEqual([
    'http://x.test/1 http://v.test/n string "12345678901234567890"^http://www.w3.org/2001/XMLSchema#integer@', 'http://x.test/1 http://v.test/says string "Stück"^@de', 'http://x.test/2 http://v.test/parent <http://x.test/1>',
  ])
})

test('a graph at the top is known, whatever it is called', async () => {
  const scoped = { '@vocab': CARGO, '@protected': true }
  expect((await readDocument({ '@context': scoped, '@graph': [{ '@type': 'Piece' }] })).hasGraph).toBe(true)
  expect((await readDocument({ '@context': { ...scoped, all: '@graph' }, all: [{ '@type': 'Piece' }] })).hasGraph).toBe(true)
  expect((await readDocument({ '@context': scoped, '@type': 'Piece' })).hasGraph).toBe(false)
})

test.each([
  ['a remote context', { '@context': { '@protected': true, a: { '@id': 'http://v.test/a', '@context': 'https://elsewhere.test/context.jsonld' } }, a: {} }, /never fetched/],
  ['an import', { '@context': { '@import': 'https://elsewhere.test/context.jsonld' } }, /never fetched/],
  ['a named graph', { '@context': { '@protected': true }, '@id': 'http://x.test/1', '@graph': [{ 'http://v.test/a': 1 }] }, /[Nn]amed graph|@graph/],
  ['a map of graphs', { '@context': { '@vocab': 'http://v.test/', g: { '@container': '@graph' } }, g: { a: 1 } }, /[Nn]amed graph|@graph/],
  ['a text direction', { '@context': { '@vocab': 'http://v.test/', '@direction': 'rtl' }, a: 'x' }, /@direction/],
  ['what would be dropped', { '@context': { '@protected': true }, '@id': 'http://x.test/1', goodsDescription: 'books' }, /goodsDescription/],
  ['a protected term that is defined again', { '@context': [{ '@protected': true, a: 'http://v.test/a' }, { a: 'http://v.test/b' }], a: 1 }, /protected term redefinition/],
  ['another version', { '@context': { '@version': 1.0 } }, /version/],
  ['a bomb of scoped contexts', { '@context': Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`t${n}`, { '@id': `http://v.test/${n}`, '@context': {} }])) }, /contexts/],
  ['nesting without end', { '@context': { '@protected': true }, a: JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) as unknown }, /Nested/],
])('%s is refused, saying so', async (_, json, message) => expect(readDocument(json)).rejects.toMatchObject({ status: 400, message: expect.stringMatching(message) as unknown }))

test('a document that takes too long ends with its thread, and the next is read', async () => {
  const expander = newExpander({ answerWithinMs: 1 })
  const big = { '@context': { '@protected': true, '@vocab': 'http://v.test/' }, a: Array.from({ length: 15_000 }, (_, n) => ({ n })) }
  await expect(readDocument(big, expander)).rejects.toMatchObject({ status: 400, message: expect.stringContaining('takes longer') as unknown })
  await expander.rest()
  expect(statements(await readDocument({ '@context': { '@protected': true }, '@id': 'http://x.test/1', 'http://v.test/a': 1 }))).toHaveLength(1)
})

test('of too many at once some are asked to come again', async () => {
  const expander = newExpander({ mostWaiting: 2 })
  const answers = await Promise.allSettled(Array.from({ length: 3 }, () => expander.expand({ 'http://v.test/a': 1 })))
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(answers[2]).toMatchObject({ reason: { status: 503 } })
  await expander.rest()
})
