import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { failure } from '../../events/errors.ts'
import { requireOperator } from './operator.ts'
import { router, withBody, type ParamsOf } from './router.ts'
import { runHandler } from './run-handler.ts'
import { callOf } from './testing/calls.ts'

const creation = z.strictObject({ name: z.string().min(3), settings: z.strictObject({ pauseAfterSeconds: z.int().optional() }).optional() })
const platform = async () => ({ store: 'store' })

const handler = router(
  {
    'GET /': ({ query, search }, { store }) => ({ status: 200, body: { store, query, all: search.getAll('q') } }),
    'POST /': withBody(creation, ({ body, callId }) => ({ status: 201, headers: { Location: `/${body.name}` }, body: { ...body, callId } })),
    'GET /:id': ({ params }) => ({ status: 200, body: { id: params.id } }),
    'DELETE /:id': ({ params: { id } }) => { throw failure('DEPLOYMENT_NOT_FOUND', { id }) },
    'POST /:id/:command': withBody(z.strictObject({ reason: z.string() }).optional(), ({ params, body }) => ({ status: 202, body: { ...params, given: body ?? null } })),
    'PUT /:id': () => { throw new Error('secret') },
  },
  platform,
)
const call = async (...parts: Parameters<typeof callOf>) => {
  const { status, headers, body } = await runHandler(handler, callOf(...parts), { name: 'deployments', environment: {} })
  const text = Buffer.from(body as Uint8Array).toString()
  return { status, headers, json: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) }
}

describe('router', () => {
  test('parameters are named in the type', () => {
    expectTypeOf<ParamsOf<'POST /:id/commands/:command'>>().toExtend<{ readonly id: string; readonly command: string }>()
    router({ 'GET /:id': ({ params }) => {
      // @ts-expect-error no such parameter
      return { status: 200, body: { name: params.name } }
    } }, platform)
  })

  test('query, platform, call id', async () => {
    const { status, headers, json } = await call('GET', '/?q=1&q=2&x=%20')
    expect([status, json]).toEqual([200, { store: 'store', query: { q: '2', x: ' ' }, all: ['1', '2'] }])
    expect(headers['x-call-id']).toBe('call-1')
  })

  test.each([['/a%2Fb', 'a/b'], ['/plain/', 'plain'], ['/%C3%A9', 'é']])('%s: the parameter is decoded', async (path, id) => {
    expect((await call('GET', path)).json).toEqual({ id })
  })

  test('a parsed body; headers of the reply', async () => {
    const { status, headers, json } = await call('POST', '/', { name: 'demo' })
    expect([status, headers['location'], json]).toEqual([201, '/demo', { name: 'demo', callId: 'call-1' }])
  })

  test('an empty body where it is optional, and a +json type', async () => {
    expect((await call('POST', '/d1/pause')).json).toEqual({ id: 'd1', command: 'pause', given: null })
    expect((await call('POST', '/d1/pause', '{"reason":"r"}', { 'content-type': 'application/vnd.cargo+json; charset=utf-8' })).json).toMatchObject({ given: { reason: 'r' } })
  })

  test.each<[string, Parameters<typeof callOf>, object]>([
    ['an unknown path', ['GET', '/a/b/c'], { status: 404, code: 'NOT_FOUND' }],
    ['an unknown id', ['DELETE', '/d1'], { status: 404, code: 'DEPLOYMENT_NOT_FOUND' }],
    ['no body', ['POST', '/'], { status: 400, code: 'INVALID_FIELD', field: 'body' }],
    ['malformed JSON', ['POST', '/', '{"name":', { 'content-type': 'application/json' }], { status: 400, code: 'MALFORMED_JSON' }],
    ['no type', ['POST', '/', '{"name":"demo"}'], { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' }],
    ['another type', ['POST', '/', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }], { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' }],
    ['a wrong type of field', ['POST', '/', { name: 7 }], { status: 400, code: 'INVALID_FIELD', field: 'name' }],
    ['a wrong field inside', ['POST', '/', { name: 'demo', settings: { pauseAfterSeconds: 'x' } }], { code: 'INVALID_FIELD', field: 'settings.pauseAfterSeconds' }],
    ['an unknown field', ['POST', '/', { name: 'demo', nmae: 1 }], { code: 'UNKNOWN_FIELD', field: 'nmae', detail: 'nmae is not a field here; known are name, settings.' }],
    ['an unknown field inside', ['POST', '/', { name: 'demo', settings: { x: 1 } }], { code: 'UNKNOWN_FIELD', field: 'settings.x', detail: 'settings.x is not a field here; known are pauseAfterSeconds.' }],
    ['a list', ['POST', '/', []], { code: 'INVALID_FIELD', field: 'body' }],
    ['a prototype', ['POST', '/', '{"name":"demo","__proto__":{}}', { 'content-type': 'application/json' }], { code: 'UNKNOWN_FIELD', field: '__proto__' }],
    ['a parameter that is not UTF-8', ['GET', '/%FF'], { status: 400, code: 'INVALID_FIELD', field: 'id' }],
    ['an error nobody foresaw', ['PUT', '/d1'], { status: 500, code: 'INTERNAL', detail: 'Something went wrong here; the log has it under call id call-1.' }],
  ])('%s is a problem with its code and field', async (_, parts, expected) => {
    const { status, headers, json } = await call(...parts)
    expect(json).toMatchObject({ status, ...expected })
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'x-call-id': 'call-1' })
  })

  test('another verb: 405 with what is possible; HEAD is served by GET', async () => {
    const { status, headers } = await call('PATCH', '/d1')
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD, DELETE, PUT'])
    expect((await call('HEAD', '/d1')).status).toBe(200)
  })
})

describe('requireOperator', () => {
  const guarded = router({ 'GET /': () => ({ status: 200 }) }, platform, { authorize: (event) => requireOperator(event, 'token') })
  const as = (headers: Record<string, string>, path = '/') => runHandler(guarded, callOf('GET', path, undefined, headers), { name: 'f', environment: {} })

  test('the token lets pass, however the scheme is written', async () => {
    for (const authorization of ['Bearer token', 'bearer token']) expect((await as({ authorization })).status).toBe(200)
  })

  test.each([{}, { authorization: 'Bearer toke' }, { authorization: 'Bearer tokenn' }, { authorization: 'token' }, { authorization: 'Basic token' }, { authorization: 'Bearer ' }])('%j is refused, also where there is nothing', async (headers) => {
    for (const path of ['/', '/nothing']) {
      const reply = await as(headers, path)
      expect([reply.status, reply.headers['www-authenticate']]).toEqual([401, 'Bearer'])
    }
  })
})
