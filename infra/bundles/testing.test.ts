import { expect, test } from 'vitest'
import { call } from '../../template/node24-ts/function/testing.ts'
import type { FunctionHandler } from '../functions/handler.ts'
import { runHandler } from '../functions/run-handler.ts'
import { callOf } from '../functions/testing/calls.ts'

// what a test of a function sees is what its caller will
test.each<[string, FunctionHandler]>([
  ['returns', ({ body, method, path, query, headers }) => ({ body, method, path, query, type: headers['content-type'], own: headers['x-own'] })],
  ['succeeds', ({ body }, context) => context.status(201).headers({ 'X-Own': 'a', 'Set-Cookie': ['a=1', 'b=2'] }).succeed({ body })],
  ['succeeds without returning', (_, context) => void context.status(202).succeed({ a: 1 })],
  ['returns with a status', (_, context) => (context.status(203), { a: 1 })],
])('a handler that %s', async (_, handler) => {
  const served = await runHandler(handler, callOf('POST', '/a?b=c', { d: 1 }, { 'x-own': 'x' }), { name: 'test', environment: {} })
  const { 'content-type': type, ...headers } = served.headers
  expect(type).toBe('application/json')
  expect(await call(handler, { method: 'POST', path: '/a?b=c', body: { d: 1 }, headers: { 'X-Own': 'x' } })).toEqual({ status: served.status, headers, body: JSON.parse(Buffer.from(served.body as Uint8Array).toString()) })
})

test('what it fails with is thrown', async () => {
  await expect(call((_, context) => context.fail(new Error('no cargo')))).rejects.toThrow('no cargo')
})
