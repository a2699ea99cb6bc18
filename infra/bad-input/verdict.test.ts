import { describe, expect, test } from 'vitest'
import { operationsOf } from './document.ts'
import type { Answer, Sent } from './send.ts'
import { faultsOf } from './verdict.ts'

const [operation] = operationsOf({
  openapi: '3.1.0',
  paths: {
    '/api/things': {
      post: {
        parameters: [{ name: 'limit', in: 'query', schema: { $ref: '#/components/schemas/Limit' } }],
        requestBody: { content: { 'application/json': { schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false } } } },
        responses: { 202: { content: { 'application/json': { schema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } } } }, 400: { content: { 'application/problem+json': { schema: { properties: { code: { const: 'INVALID_FIELD' } } } } } } },
      },
    },
  },
  components: { schemas: { Limit: { type: 'integer', minimum: 1, maximum: 200 } } },
})
if (!operation) throw new Error('the document has no operation')

const TAKEN: Answer = { status: 202, headers: { 'content-type': 'application/json' }, text: '{"id":"a"}' }
const problem = (code: string, status: number, more: object = {}): Answer =>
  ({ status, headers: { 'content-type': 'application/problem+json' }, text: JSON.stringify({ type: '/problems/x', title: 'x', status, detail: 'why.', code, ...more }) })
const judge = (answer: Partial<Answer>, { body = '{"name":"x"}', type = 'application/json', query = '', method = 'POST' } = {}) => {
  const sent: Sent = { method, path: '/api/things', headers: {}, body: Buffer.from(body) }
  return faultsOf({ operation, method, query, body: { bytes: Buffer.from(body), headers: { 'content-type': type } } }, sent, { ...TAKEN, ...answer }, ['the-secret-of-the-operator'])
}

describe('an answer as the document has it', () => {
  test('has no fault', () => {
    expect(judge({})).toEqual([])
    expect(judge(problem('INVALID_FIELD', 400))).toEqual([])
    expect(judge({}, { query: '?limit=200' })).toEqual([])
    expect(judge(problem('METHOD_NOT_ALLOWED', 405), { method: 'PUT' })).toEqual([])
  })
})

describe('found is', () => {
  test.each<readonly [string, Partial<Answer>, RegExp]>([
    ['a failure', problem('INTERNAL', 500), /^500/], ['even one that says why', problem('READ_MODEL_UNAVAILABLE', 503), /^503/],
    ['a status that is not there', { ...TAKEN, status: 200 }, /200 is not in the document/], ['another type', { headers: { 'content-type': 'text/html' } }, /of type text\/html/], ['a field that is missing', { text: '{}' }, /must have required property 'id'/],
    ['what is no JSON', { text: '{' }, /not as the document/], ['a refusal without problem details', { status: 400, headers: {}, text: 'no' }, /a refusal of type \(none\)/], ['an unknown code', problem('WHATEVER', 400), /no problem details/],
    ['a code of another operation', problem('NAME_INVALID', 400), /must be equal to constant/], ['a code of another status', problem('NAME_TAKEN', 400), /NAME_TAKEN with status 400/], ['a problem with more in it', problem('INVALID_FIELD', 400, { stack: 'x' }), /no problem details/],
    ['a secret', { text: '{"id":"the-secret-of-the-operator"}' }, /inside/], ['a stack', { text: '{"id":"Error at run (/x/infra/run.ts:7:1)"}' }, /inside/], ['a header that was sent', { headers: { ...TAKEN.headers, 'x-injected': '1' } }, /injected/],
    ['a gap in a detail', problem('INVALID_FIELD', 400, { detail: 'name: (reason).' }), /gap/],
  ])('%s', (_, answer, fault) => expect(judge(answer).join('\n')).toMatch(fault))

  test.each<readonly [string, Parameters<typeof judge>[1], RegExp]>([
    ['a body that the document refuses', { body: '{"name":7}' }, /took a body that the document refuses/], ['one that is no JSON', { body: '{' }, /took a body that/], ['one of another type', { type: 'text/plain' }, /took a body of type text\/plain/],
    ['an unknown parameter', { query: '?colour=red' }, /unknown parameter "colour"/], ['a parameter out of range', { query: '?limit=201' }, /took limit="201"/],
  ])('that it took %s', (_, sent, fault) => expect(judge({}, sent).join('\n')).toMatch(fault))
})

test('a document that leads nowhere, or round in circles, is refused', () => {
  const withSchema = (schema: object, schemas: object = {}) => ({ openapi: '3.1.0', paths: { '/x': { get: { responses: { 200: { content: { 'application/json': { schema } } } } } } }, components: { schemas } })
  expect(() => operationsOf(withSchema({ $ref: '#/components/schemas/None' }))).toThrow('leads nowhere')
  expect(() => operationsOf(withSchema({ $ref: '#/components/schemas/A' }, { A: { items: { $ref: '#/components/schemas/A' } } }))).toThrow('round in circles')
})
