import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { ApiError } from './api-error.ts'
import { router, type Call } from './router.ts'

const ANNA = { uri: 'http://h.test/anna', isHolder: false }
const echo = ({ id, params, query, agent }: Call) => ({ status: 200 as const, headers: { id, params: JSON.stringify(params), query: query.toString(), agent: agent.uri } })
const routes = {
  '': { GET: echo }, things: { POST: echo }, 'things/{id}': { GET: echo, HEAD: echo, PUT: echo }, 'things/{id}/parts': { GET: echo },
  'things/{id}/parts/{part}': { DELETE: echo }, 'things/new': { GET: () => ({ status: 200 as const, headers: { id: 'fixed' } }) }, '.well-known/keys': { GET: echo, open: true as const },
}
const route = (url: string, method = 'GET', base = 'http://h.test', authenticate = () => ANNA) => router(routes, base, authenticate)({ url, method } as IncomingMessage)

test.each([
  ['/', ''], ['/things/1', '1'], ['/things/1/', '1'], ['/things/a%20b', 'a b'], ['/things/1/parts', '1'], ['/things/1?x=2', '1'], ['/things/new', 'fixed'], ['/things/new/parts', 'new'],
])('%s leads to %s', async (url, id) => expect(await route(url)).toMatchObject({ headers: { id } }))

test('variable segments have names', async () => {
  expect(await route('/things/1/parts/a%2Fb/', 'DELETE')).toMatchObject({ headers: { id: '1', params: '{"id":"1","part":"a/b"}' } })
})

test('the base may have a path', async () => {
  expect(await route('/one/record/things/1', 'GET', 'http://h.test/one/record')).toMatchObject({ headers: { id: '1' } })
  expect(await route('/one/record', 'GET', 'http://h.test/one/record')).toMatchObject({ headers: { id: '' } })
  await expect(route('/things/1', 'GET', 'http://h.test/one/record')).rejects.toMatchObject({ status: 404 })
  await expect(route('/one/recordings', 'GET', 'http://h.test/one/record')).rejects.toMatchObject({ status: 404 })
})

test.each([
  ['/nothing', 'GET', 404], ['/constructor', 'GET', 404], ['/things//parts', 'GET', 404], ['/things/1/2', 'GET', 404], ['/things/%E0%A4%A', 'GET', 404],
  [`/things${'/1'.repeat(5_000)}`, 'GET', 404], ['/things/1', 'POST', 405], ['/things', 'GET', 405], ['/things/1', 'open', 405], ['/things/1', 'constructor', 405], ['/?x=1&x=2', 'GET', 400],
])('%.20s by %s is %i', async (url, method, status) => expect(route(url, method)).rejects.toMatchObject({ status }))

test('what can be done is said', async () => {
  await expect(route('/things/1', 'POST')).rejects.toMatchObject({ headers: { allow: 'GET, HEAD, PUT, OPTIONS' } })
  expect(await route('/things/1', 'OPTIONS', 'http://h.test', () => { throw new ApiError(401, 'x', 'x') })).toMatchObject({ status: 204, headers: { allow: 'GET, HEAD, PUT, OPTIONS' } })
})

test('who asks is known before an endpoint runs, but for open ones', async () => {
  expect(await route('/')).toMatchObject({ headers: { agent: ANNA.uri } })
  const refuse = () => { throw new ApiError(401, 'x', 'x') }
  await expect(route('/', 'GET', 'http://h.test', refuse)).rejects.toMatchObject({ status: 401 })
  expect(await route('/.well-known/keys', 'GET', 'http://h.test', refuse)).toMatchObject({ headers: { agent: '' } })
})

test('a route stands once', () => {
  expect(() => router({ 'things/{id}': {}, 'things/{other}': {} }, 'http://h.test', () => ANNA)).toThrow(/two routes/)
})
