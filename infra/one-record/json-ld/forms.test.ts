import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sameGraph } from '../compare.ts'
import { inForm } from '../http/form.ts'
import { bodies } from '../testing/bodies.ts'

const json = (bytes: Buffer): unknown => JSON.parse(bytes.toString())

test('expanded and flattened say what compacted says', () => {
  fc.assert(fc.property(bodies, (body) => {
    for (const form of ['expanded', 'flattened'] as const) expect(sameGraph(body, [json(inForm(JSON.stringify(body), form))])).toEqual([])
  }), { numRuns: 300 })
})

test('expanded nests, flattened does not, neither has a context', () => {
  const text = '{"@context": {"x": "http://x.test/"}, "@id": "x:1", "@type": "x:A", "x:of": {"@id": "x:2", "x:n": 12345678901234567}, "x:list": {"@list": [{"@id": "x:1"}]}}'
  const list = { 'http://x.test/list': [{ '@list': [{ '@id': 'http://x.test/1' }] }] }
  const two = { '@id': 'http://x.test/2', 'http://x.test/n': [{ '@type': 'http://www.w3.org/2001/XMLSchema#integer', '@value': '12345678901234567' }] }
  const one = { '@id': 'http://x.test/1', '@type': ['http://x.test/A'], ...list }
  expect(json(inForm(text, 'expanded'))).toEqual([{ ...one, 'http://x.test/of': [two] }])
  expect(json(inForm(text, 'flattened'))).toEqual([{ ...one, 'http://x.test/of': [{ '@id': 'http://x.test/2' }] }, two])
})
