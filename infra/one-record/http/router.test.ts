import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { router } from './router.ts'

const echo = ({ id, query }: { readonly id: string; readonly query: URLSearchParams }) => ({ status: 200 as const, headers: { id, query: query.toString() } })
const route = (url: string, method = 'GET', base = 'http://h.test') =>
  router({ '': { GET: echo }, things: { POST: echo }, 'things/*': { GET: echo }, 'things/*/parts': { GET: echo } }, base)({ url, method } as IncomingMessage)

test.each([
  ['/', ''], ['/things/1', '1'], ['/things/1/', '1'], ['/things/a%20b', 'a b'], ['/things/1/parts', '1'], ['/things/1?x=2', '1'],
])('%s leads to %s', async (url, id) => expect(await route(url)).toMatchObject({ headers: { id } }))

test('the base may have a path', async () => {
  expect(await route('/one/record/things/1', 'GET', 'http://h.test/one/record')).toMatchObject({ headers: { id: '1' } })
  expect(await route('/one/record', 'GET', 'http://h.test/one/record')).toMatchObject({ headers: { id: '' } })
  expect(() => route('/things/1', 'GET', 'http://h.test/one/record')).toThrow(expect.objectContaining({ status: 404 }))
  expect(() => route('/one/recordings', 'GET', 'http://h.test/one/record')).toThrow(expect.objectContaining({ status: 404 }))
})

test.each([
  ['/nothing', 'GET', 404], ['/constructor', 'GET', 404], ['/things/1/2', 'GET', 404], ['/things/%E0%A4%A', 'GET', 404], ['/things/1', 'POST', 405], ['/things', 'GET', 405], ['/?x=1&x=2', 'GET', 400],
])('%s by %s is %i', (url, method, status) => expect(() => route(url, method)).toThrow(expect.objectContaining({ status })))
