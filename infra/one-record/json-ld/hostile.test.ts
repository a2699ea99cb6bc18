import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyChange } from '../change/apply.ts'
import { readChange } from '../change/change.ts'
import { anyJson, BASE_IRI as IRI, word } from '../fuzz/documents.ts'
import { ApiError } from '../http/api-error.ts'
import { API, CARGO } from '../namespaces.ts'
import { objectBody, objectGraph } from '../objects/body.ts'
import { splitObjects } from '../objects/split.ts'
import { parseJson, readJsonLd } from './reader.ts'

/** Runs and lets pass only what is meant for the client. */
const answered = (run: () => void): void => {
  try {
    run()
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500) throw error
  }
}

test('whatever is posted is taken and readable, or refused', () => {
  fc.assert(fc.property(fc.oneof(anyJson, anyJson.map((extra) => ({ '@context': { cargo: CARGO }, '@type': 'cargo:Piece', 'cargo:grossWeight': extra }))), (body) => {
    answered(() => {
      for (const { graph, iri } of splitObjects(readJsonLd(parseJson(JSON.stringify(body))), 'http://h.test')) expect(objectGraph(objectBody(graph, iri, 1), iri).size).toBe(graph.size)
    })
  }), { numRuns: 3_000 })
})

test('whatever a change asks for is done or refused', () => {
  const [piece] = splitObjects(readJsonLd({ '@id': IRI, '@type': `${CARGO}Piece`, [`${CARGO}grossWeight`]: { '@type': `${CARGO}Value`, [`${CARGO}numericalValue`]: 1 } }), 'http://h.test')
  const values = fc.record({ [`${API}hasDatatype`]: word, [`${API}hasValue`]: fc.oneof(word, anyJson) })
  const operations = fc.array(fc.record({ [`${API}op`]: fc.constantFrom({ '@id': `${API}ADD` }, { '@id': `${API}DELETE` }), [`${API}s`]: word, [`${API}p`]: word, [`${API}o`]: fc.oneof(values, anyJson) }), { maxLength: 4 })
  fc.assert(fc.property(operations, (given) => {
    const body = { '@type': `${API}Change`, [`${API}hasLogisticsObject`]: { '@id': IRI }, [`${API}hasRevision`]: 1, [`${API}hasOperation`]: given }
    answered(() => {
      const changed = applyChange(piece.graph, IRI, readChange(readJsonLd(parseJson(JSON.stringify(body))), IRI, 'strict'), 2)
      expect(objectGraph(objectBody(changed, IRI, 2), IRI).size).toBe(changed.size)
    })
  }), { numRuns: 3_000 })
})

test('whatever is not JSON is refused', () => {
  fc.assert(fc.property(fc.string(), (text) => answered(() => expect(readJsonLd(parseJson(text)).graph).toBeInstanceOf(Map))), { numRuns: 1_000 })
})
