import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { failure } from '../../events/errors.ts'
import { api } from './api.ts'
import { contract, problemsOf } from './contract.ts'
import { runHandler } from './run-handler.ts'
import { callOf, singly } from './testing/calls.ts'
import { brokenPromises } from './testing/promises.ts'

const thing = z.strictObject({ id: z.string(), size: z.int() })
const things = contract({
  name: 'things', title: 'Things', description: 'Things.', security: 'operator', params: { id: z.string().max(5) },
  routes: {
    'GET /': { summary: 'List', query: z.strictObject({ limit: z.coerce.number().int().optional() }), answers: { 200: { description: 'All.', body: z.array(thing) } }, problems: [] },
    'POST /': { summary: 'Make', body: z.strictObject({ size: z.int().default(1) }), answers: { 201: { description: 'Made.', body: thing, headers: ['Location'] } }, problems: ['NAME_TAKEN'] },
    'DELETE /:id': { summary: 'End', answers: { 204: { description: 'Ended.' } }, problems: ['DEPLOYMENT_NOT_FOUND'] },
  },
})
const guarded = async () => ({ settings: { operatorToken: 'token' } })
const handler = api(things, {
  'GET /': ({ query }) => ({ status: 200, body: [{ id: 'a', size: query.limit ?? 0 }] }),
  'POST /': ({ body }) => ({ status: 201, headers: { location: '/a' }, body: { id: 'a', size: body.size } }),
  'DELETE /:id': ({ params: { id } }) => {
    if (id === 'b') throw failure('NOT_RUNNING', {})
    return { status: 204 }
  },
}, guarded)

const call = async (method: string, path: string, body?: object, authorization = 'Bearer token') => {
  const asked = callOf(method, path, body, { authorization })
  const { status, headers, body: bytes } = await runHandler(handler, asked, { name: 'things', environment: {} })
  return { status, headers: singly(headers), text: Buffer.from(bytes as Uint8Array).toString(), path: asked.path }
}

describe('a contract', () => {
  test('parses what comes before a handler sees it', async () => {
    expect(JSON.parse((await call('GET', '/?limit=7')).text)).toEqual([{ id: 'a', size: 7 }])
    expect(JSON.parse((await call('POST', '/', {})).text)).toEqual({ id: 'a', size: 1 })
  })

  test.each([
    ['GET', '/?limit=x', undefined, 400, 'INVALID_FIELD', 'limit'], ['GET', '/?colour=red', undefined, 400, 'UNKNOWN_FIELD', 'colour'], ['POST', '/?colour=red', {}, 400, 'UNKNOWN_FIELD', 'colour'],
    ['POST', '/', { size: 'x' }, 400, 'INVALID_FIELD', 'size'], ['DELETE', '/toolong', undefined, 400, 'INVALID_FIELD', 'id'],
  ] as const)('refuses %s %s %j: %d %s %s', async (method, path, body, status, code, field) => {
    expect(JSON.parse((await call(method, path, body)).text)).toMatchObject({ status, code, field })
  })

  test('asks for the token where it says so', async () => {
    expect((await call('GET', '/', undefined, 'Bearer other')).status).toBe(401)
  })

  test('without a handler for a route, or a handler without a declaration, does not start', () => {
    const { 'GET /': list, ...fewer } = things.routes
    // @ts-expect-error GET is not declared
    expect(() => api({ ...things, routes: fewer }, { 'GET /': () => ({ status: 200 }), 'POST /': () => ({ status: 201 }), 'DELETE /:id': () => ({ status: 204 }) }, guarded))
      .toThrow('GET / is declared and not handled, or handled and not declared')
    // @ts-expect-error DELETE is not handled
    expect(() => api({ ...things, routes: { 'GET /': list, 'DELETE /:id': things.routes['DELETE /:id'] } }, { 'GET /': () => ({ status: 200 }) }, guarded))
      .toThrow('DELETE /:id is declared and not handled')
  })

  test('names every parameter of its paths', () => {
    expect(() => api({ ...things, params: {}, routes: { 'GET /:id': things.routes['GET /'] } }, { 'GET /:id': () => ({ status: 200 }) }, guarded)).toThrow('parameter id is not declared')
  })

  test('lets nobody in past the token by a route of its own', () => {
    const routes = { 'GET /': { ...things.routes['GET /'], open: true } } as const
    expect(() => api({ ...things, routes }, { 'GET /': () => ({ status: 200 }) }, guarded)).toThrow('GET / is open, and none here can be')
  })

  test('a platform without a token is none for operators', () => {
    // @ts-expect-error no settings
    expectTypeOf(() => api(things, { 'GET /': () => ({ status: 200 }), 'POST /': () => ({ status: 201 }), 'DELETE /:id': () => ({ status: 204 }) }, async () => ({}))).toBeFunction()
  })

  test('tells the problems of a route: its own, and those of what it takes', () => {
    expect(problemsOf(things, 'POST /', things.routes['POST /'])).toEqual(['UNKNOWN_FIELD', 'INVALID_FIELD', 'MALFORMED_JSON', 'UNAUTHENTICATED', 'NAME_TAKEN', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'INTERNAL'])
  })
})

describe('what an answer breaks of it', () => {
  test('nothing', async () => {
    for (const [method, path, body] of [['GET', '/'], ['HEAD', '/'], ['POST', '/', {}], ['DELETE', '/a'], ['PUT', '/'], ['GET', '/a/b'], ['POST', '/', { size: 'x' }]] as const) {
      const answered = await call(method, path, body)
      expect(brokenPromises(things, method, answered.path, answered)).toEqual([])
    }
  })

  test('a problem that is not declared', async () => {
    const answered = await call('DELETE', '/b')
    expect(brokenPromises(things, 'DELETE', '/b', answered)).toEqual(['DELETE /api/things/b: 409 NOT_RUNNING is not declared'])
  })

  test.each([
    ['POST', 201, {}, '{"id":"a","size":1}', 'no Location'], ['POST', 201, { location: '/a' }, '{"id":"a"}', 'size'], ['POST', 200, {}, '{}', 'not declared'],
    ['GET', 200, {}, '[{"id":"a","size":1,"colour":"red"}]', 'colour'], ['GET', 404, {}, 'nothing', 'no problem'], ['GET', 400, {}, '{"type":"","title":"","status":400,"detail":"","code":"NOT_FOUND"}', 'another status'],
  ])('%s %d %j %s: %s', (method, status, headers, text, told) => {
    expect(brokenPromises(things, method, '/', { status, headers: { 'content-type': 'application/json', ...headers }, text })).toEqual([expect.stringContaining(told)])
  })
})
