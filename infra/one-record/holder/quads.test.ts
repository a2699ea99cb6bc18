import fc from 'fast-check'
import { Parser } from 'n3'
import { expect, test } from 'vitest'
import { sameGraph } from '../compare.ts'
import { valueKey, type Graph, type Subject, type Value } from '../json-ld/graph.ts'
import { datatypeOf, literalKey } from '../json-ld/literal.ts'
import { readJsonLd } from '../json-ld/reader.ts'
import { writeDocument } from '../json-ld/writer.ts'
import { splitObjects } from '../objects/split.ts'
import { bodies } from '../testing/bodies.ts'
import { graphOf, readQuad } from './quads-reader.ts'
import { writeQuads } from './quads-writer.ts'

const NAME = 'http://h.test/graph'
const labels = () => {
  let last = 0
  return () => `c${(last += 1)}`
}
const written = (graph: Graph): string => writeQuads(graph, NAME, labels())
const read = (text: string) => text.split('\n').flatMap((line) => readQuad(line) ?? [])

test('what is written is read back, whatever an object says, and written the same again', () => {
  fc.assert(fc.property(bodies, (body) => {
    for (const { graph, iri } of splitObjects(readJsonLd(body), 'http://h.test', { strictness: 'lenient' })) {
      fc.pre(![...graph.values()].some(saysTwice))
      const text = written(graph)
      const again = graphOf(read(text))
      expect(sameGraph(writeDocument(wellFormed(graph), iri), [writeDocument(again, iri)])).toEqual([])
      expect(written(again).split('\n').toSorted()).toEqual(text.split('\n').toSorted())
    }
  }), { numRuns: 300 })
})

/** The same value as JSON and as RDF: one statement. */
const saysTwice = ({ properties }: Subject): boolean => [...properties.values()].some(({ values }) => new Set(values.map(termOf)).size < values.length)
const termOf = (value: Value): string => (value.kind === 'literal' ? `${literalKey(value)} ${datatypeOf(value)}` : valueKey(value))

/** Lone surrogates are no characters of RDF. */
const wellFormed = (graph: Graph): Graph => readJsonLd(JSON.parse(JSON.stringify(writeDocument(graph, [...graph.keys()][0] ?? '')).replaceAll(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, '$1\ufffd'))).graph

test('another reader finds the same statements', () => {
  fc.assert(fc.property(bodies, (body) => {
    for (const { graph } of splitObjects(readJsonLd(body), 'http://h.test', { strictness: 'lenient' })) {
      const text = written(graph)
      const theirs = new Parser({ format: 'N-Quads', blankNodePrefix: '' }).parse(text)
      const ours = read(text)
      expect(ours).toHaveLength(theirs.length)
      theirs.forEach((quad, index) => {
        const { subject, predicate, object } = ours[index] ?? { subject: '', predicate: '', object: null }
        expect([subject.replace(/^_:/, ''), predicate, object?.kind === 'link' ? object.id.replace(/^_:/, '') : object?.kind === 'literal' ? object.value : null]).toEqual([quad.subject.value, quad.predicate.value, quad.object.value])
      })
    }
  }), { numRuns: 100 })
})

test.each([
  ['<a:s> <a:p> "tab\\t \\u00e9 \\U0001F600 \\"q\\"" .', 'tab\t é 😀 "q"'],
  ['<a:s> <a:p> "x"@de-CH <a:g> . # a remark', 'x'],
  ['\t<a:s>\t<a:p> "5"^^<http://www.w3.org/2001/XMLSchema#integer> <a:g> .', '5'],
])('%s is read', (line, value) => expect(readQuad(line)?.object).toMatchObject({ value }))

test.each(['', '   ', '# nothing'])('%j says nothing', (line) => expect(readQuad(line)).toBeNull())

test.each([
  '<a:s> <a:p> .', '<a:s> _:p <a:o> .', '"s" <a:p> <a:o> .', '<a:s> <a:p> "x .', '<a:s> <a:p> "x\\" .', '<a:s> <a:p> "\\x" .', '<a:s> <a:p> "\\U00110000" .', '<a:s> <a:p> <a:o>', '<a:s> <a:p> <a:o> . <a:x>', '<a b> <a:p> <a:o> .', '<a:s> <a:p> "x"^^y .',
])('%s is refused', (line) => expect(() => readQuad(line)).toThrow(expect.objectContaining({ status: 400 })))

test('lists in circles are refused, and long lines take no longer than they are', () => {
  const first = '<http://www.w3.org/1999/02/22-rdf-syntax-ns#first>'
  const rest = '<http://www.w3.org/1999/02/22-rdf-syntax-ns#rest>'
  expect(() => graphOf(read(`<a:s> <a:p> _:c .\n_:c ${first} "1" .\n_:c ${rest} _:c .`))).toThrow(expect.objectContaining({ status: 400 }))
  expect(readQuad(`<a:s> <a:p> "${'\\"'.repeat(500_000)}" .`)?.object).toMatchObject({ value: '"'.repeat(500_000) })
  expect(() => readQuad(`<a:s> <a:p> "${'\\'.repeat(1_000_001)}" .`)).toThrow(expect.objectContaining({ status: 400 }))
})
