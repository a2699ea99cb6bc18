import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJsonLd } from '../json-ld/reader.ts'
import { literalKey } from '../json-ld/literal.ts'
import { splitObjects } from '../objects/split.ts'
import { contentDocument, contentNode } from '../requests/content.ts'
import { applyChange } from './apply.ts'
import { readChange } from './change.ts'
import { changedProperties } from './changed.ts'
import { changeBody, type Sent } from './testing.ts'

const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const XSD = 'http://www.w3.org/2001/XMLSchema#'
const context = { cargo: CARGO, api: 'https://onerecord.iata.org/ns/api#', xsd: XSD, x: 'http://foreign.test/' }
const IRI = 'http://h.test/logistics-objects/1'

const graphOf = (body: object) => splitObjects(readJsonLd({ '@context': context, '@id': IRI, '@type': 'cargo:Piece', ...body }), 'http://h.test')[0].graph
const piece = graphOf({ 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': 20 }, 'cargo:upid': 'one' })
const [weight = ''] = [...piece.keys()].filter((id) => id.startsWith('internal:'))
const read = (body: object) => readChange(readJsonLd(body), IRI, 'strict')
const apply = (operations: readonly Sent[], graph = piece) => applyChange(graph, IRI, read(changeBody(IRI, 1, operations)), 2)
const NEXT = 'http://foreign.test/next'
const unprocessable = (property: string) => expect.objectContaining({ status: 422, about: expect.objectContaining({ property }) as unknown }) as unknown

describe('an embedded object', () => {
  test('cannot hold itself, be it by a short or a long way', () => {
    expect(() => apply([['ADD', weight, NEXT, 'Value', weight]])).toThrow(unprocessable(NEXT))
    expect(() => apply([['ADD', IRI, NEXT, 'Value', '_:a'], ['ADD', '_:a', NEXT, 'Value', '_:b'], ['ADD', '_:b', NEXT, 'Value', '_:c'], ['ADD', '_:c', NEXT, 'Value', '_:a']])).toThrow(unprocessable(NEXT))
  })

  test('may name the object that it is embedded in, and be named twice', () => {
    const graph = apply([['ADD', weight, NEXT, 'Piece', IRI], ['ADD', IRI, NEXT, 'Value', weight]])
    expect([...graph.keys()]).toEqual([IRI, weight])
  })

  test('that was in a circle before does not stop other changes', () => {
    const round = graphOf({ 'x:next': { '@id': '_:a', '@type': 'cargo:Value', 'x:next': { '@id': '_:b', '@type': 'cargo:Value', 'x:next': { '@id': '_:a' } } } })
    expect(apply([['ADD', IRI, 'upid', 'string', 'two']], round).size).toBe(3)
  })

  test('to which nothing leads after the change takes nothing', () => {
    expect(() => apply([['DELETE', IRI, 'grossWeight', 'Value', weight], ['ADD', weight, 'numericalValue', 'double', '3']])).toThrow(unprocessable(`${CARGO}numericalValue`))
    expect(() => apply([['ADD', '_:a', NEXT, 'Value', '_:b'], ['ADD', '_:b', NEXT, 'Value', '_:a']])).toThrow(unprocessable(NEXT))
  })

  test('may be named by any IRI where its class is embedded, and gets an id of its own', () => {
    const graph = apply([['ADD', IRI, 'volumetricWeight', 'Value', 'http://client.test/my-value'], ['ADD', 'http://client.test/my-value', 'numericalValue', 'double', '3']])
    expect([...graph.keys()].filter((id) => !id.startsWith('internal:'))).toEqual([IRI])
    expect(graph.size).toBe(3)
  })
})

test('a link to what is elsewhere stays one, whatever class it is said to have', () => {
  const code = 'https://onerecord.iata.org/ns/cargo#ACTUAL'
  expect(apply([['ADD', IRI, NEXT, 'Piece', code]]).get(IRI)?.properties.get(NEXT)?.values).toEqual([{ kind: 'link', id: code }])
})

test('a long chain of new objects is walked, not recursed into', () => {
  const chain = Array.from({ length: 1_999 }, (_, index): Sent => ['ADD', index === 0 ? IRI : `_:${index}`, NEXT, 'Value', `_:${index + 1}`])
  expect(apply(chain).size).toBe(2_001)
})

test('a value among very many is found', () => {
  const many = graphOf({ 'x:mark': Array.from({ length: 15_000 }, (_, index) => `mark ${index}`) })
  const graph = apply(Array.from({ length: 1_000 }, (_, index): Sent => ['DELETE', IRI, 'http://foreign.test/mark', 'string', `mark ${14_999 - index}`]), many)
  expect(graph.get(IRI)?.properties.get('http://foreign.test/mark')?.values).toHaveLength(14_000)
})

describe('the properties that changed', () => {
  const changed = (operations: readonly Sent[]) => {
    const change = read(changeBody(IRI, 1, operations))
    return changedProperties(piece, applyChange(piece, IRI, change, 2), IRI, change, 2)
  }
  test.each<[string, readonly string[], readonly Sent[]]>([
    ['are its own', ['upid', 'goodsDescription'], [['DELETE', IRI, 'upid', 'string', 'one'], ['ADD', IRI, 'goodsDescription', 'string', 'x']]],
    ['are those that lead to what changed within', ['grossWeight'], [['DELETE', weight, 'numericalValue', 'double', '20'], ['ADD', weight, 'numericalValue', 'double', '21']]],
    ['are those of new embedded objects', ['volumetricWeight'], [['ADD', IRI, 'volumetricWeight', 'Value', '_:v'], ['ADD', '_:v', 'numericalValue', 'double', '21']]],
    ['are those of embedded objects that are gone', ['grossWeight'], [['DELETE', IRI, 'grossWeight', 'Value', weight], ['DELETE', weight, 'numericalValue', 'double', '20']]],
  ])('%s', (_, names, operations) => expect(changed(operations)).toEqual(names.map((name) => CARGO + name)))
})

describe('a change', () => {
  const operation = (fields: object) => changeBody(IRI, 1, [], { 'api:hasOperation': [{ '@type': 'api:Operation', 'api:op': { '@id': 'api:ADD' }, 'api:s': IRI, 'api:p': `${CARGO}upid`, ...fields }] })

  test('holds operations whose value is said outright', () => {
    expect(read(operation({ 'api:o': 'two' })).operations).toMatchObject([{ values: [{ datatype: `${XSD}string`, value: 'two' }] }])
    const link = { 'api:p': `${CARGO}inPiece`, 'api:o': { '@id': 'http://other.test/logistics-objects/2' } }
    expect(applyChange(piece, IRI, read(operation(link)), 2).get(IRI)?.properties.get(`${CARGO}inPiece`)?.values).toEqual([{ kind: 'link', id: 'http://other.test/logistics-objects/2' }])
  })

  test('names new objects as text or as a node, which is the same', () => {
    const asText = read(changeBody(IRI, 1, [['ADD', IRI, 'volumetricWeight', 'Value', '_:v'], ['ADD', '_:v', 'numericalValue', 'double', '3']]))
    const asNode = read(JSON.parse(JSON.stringify(changeBody(IRI, 1, [['ADD', IRI, 'volumetricWeight', 'Value', '_:v'], ['ADD', '_:v', 'numericalValue', 'double', '3']])).replaceAll('"_:v"', '{"@id":"_:v"}')) as object)
    expect(asNode.operations).toEqual(asText.operations)
  })

  test('is the same after it was kept', () => {
    const change = read({ ...changeBody(IRI, 3, [['ADD', IRI, 'volumetricWeight', 'Value', { '@id': '_:v' }], ['ADD', '_:v', 'numericalValue', 'double', '3']]), 'api:notifyRequestStatusChange': 'true', 'http://foreign.test/why': 'because' })
    const content = contentNode(change.graph, change.root)
    expect(JSON.stringify(content)).not.toContain('"_:n')
    expect(content).toMatchObject({ 'http://foreign.test/why': 'because' })
    const { graph: _, root: __, ...kept } = readChange(contentDocument(content), IRI, 'strict')
    const { graph: ___, root: ____, ...sent } = change
    expect(kept).toEqual(sent)
    expect(sent).toMatchObject({ notify: true, revision: 3 })
  })

  test.each<[string, object]>([
    ['names what it also describes', changeBody(IRI, 1, [], { 'api:hasOperation': [{ '@type': 'api:Operation', 'api:op': { '@id': 'api:ADD' }, 'api:s': { '@id': '_:v', 'cargo:numericalValue': 3 }, 'api:p': `${CARGO}upid`, 'api:o': 'x' }] })],
    ['has a subject that is a list', operation({ 'api:s': { '@list': [IRI] }, 'api:o': 'x' })],
    ['has a subject that is no IRI', operation({ 'api:s': 'the piece', 'api:o': 'x' })],
    ['has a value that is a list', operation({ 'api:o': { '@list': ['x'] } })],
    ['wants to be told perhaps', changeBody(IRI, 1, [['ADD', IRI, 'upid', 'string', 'x']], { 'api:notifyRequestStatusChange': 'perhaps' })],
    ['answers what is no address', changeBody(IRI, 1, [['ADD', IRI, 'upid', 'string', 'x']], { 'api:hasVerificationRequest': 'the first' })],
    ['has too many values', changeBody(IRI, 1, Array.from({ length: 2_001 }, (_, index): Sent => ['ADD', IRI, 'upid', 'string', String(index)]))],
    ['is for a revision beyond counting', changeBody(IRI, 1, [['ADD', IRI, 'upid', 'string', 'x']], { 'api:hasRevision': { '@type': 'xsd:positiveInteger', '@value': '9'.repeat(400) } })],
  ])('that %s is refused: 400', (_, body) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ status: 400, about: expect.objectContaining({ property: expect.any(String) as unknown }) as unknown }))
  })
})

test('of random changes each is done whole or refused, as sets of values say', () => {
  const MARK = 'http://foreign.test/mark'
  const text = fc.constantFrom('a', 'b', '1', '1.0', '01', '2024-01-01T00:00:00Z', '2024-01-01T01:00:00+01:00', 'true', '1e0')
  const value = fc.tuple(fc.constantFrom('string', 'double', 'dateTime', 'boolean', 'integer'), text).filter(([type, written]) => {
    const forms = { string: /./, double: /^[\d.e]+$/, dateTime: /^2024/, boolean: /^(true|1)$/, integer: /^\d+$/ } as const
    return forms[type as keyof typeof forms].test(written)
  })
  const operation = fc.tuple(fc.constantFrom('ADD' as const, 'DELETE' as const), value)
  const key = ([type, written]: readonly [string, string]) => literalKey({ kind: 'literal', value: written, datatype: XSD + type, language: null })

  fc.assert(fc.property(fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), (changes) => {
    let graph = graphOf({})
    let model = new Set<string>()
    changes.forEach((operations, index) => {
      const [deleted, added] = (['DELETE', 'ADD'] as const).map((op) => operations.filter(([each]) => each === op).map(([, one]) => key(one)))
      const next = new Set(model)
      const isDone = (deleted ?? []).every((one) => next.delete(one)) && (added ?? []).every((one) => !next.has(one) && next.add(one))
      const attempt = () => applyChange(graph, IRI, read(changeBody(IRI, index + 1, operations.map(([op, [type, written]]): Sent => [op, IRI, MARK, type, written]))), index + 2)
      if (!isDone) return expect(attempt).toThrow(unprocessable(MARK))
      graph = attempt()
      model = next
      const there = graph.get(IRI)?.properties.get(MARK)?.values ?? []
      expect(new Set(there.map((each) => (each.kind === 'literal' ? literalKey(each) : '')))).toEqual(model)
      expect(there).toHaveLength(model.size)
    })
  }), { numRuns: 500 })
})
