import { describe, expect, test } from 'vitest'
import type { HostCall } from '../../host.ts'
import { replyHeaders, requestHeaders } from './headers.ts'

const call = (more: Partial<HostCall> = {}): HostCall => ({ method: 'POST', path: '/', search: '', headers: {}, body: Buffer.alloc(0), signal: new AbortController().signal, ...more })
const upload = (length: number | null) => ({ head: Buffer.alloc(1), length, rest: async function* () {} })

describe('a request on its way to a function', () => {
  test('what is about one connection stays behind, and what that names', () => {
    const headers = { host: 'play.example.org', accept: 'text/html', connection: 'close, X-Hop', 'x-hop': '1', 'keep-alive': 'timeout=5', te: 'trailers', upgrade: 'h2c', expect: '100-continue', 'transfer-encoding': 'chunked', 'x-call-id': 'c1', empty: undefined }
    expect(requestHeaders(call({ headers, body: Buffer.from('abc') }))).toEqual({ host: 'play.example.org', accept: 'text/html', 'x-call-id': 'c1', 'content-length': '3' })
  })

  test.each<[string, HostCall['body'], object]>([
    ['GET', Buffer.alloc(0), {}], ['DELETE', Buffer.alloc(0), {}], ['POST', Buffer.alloc(0), { 'content-length': '0' }], ['GET', Buffer.from('x'), { 'content-length': '1' }],
    ['PUT', upload(9), { 'content-length': '9' }], ['POST', upload(null), { 'transfer-encoding': 'chunked' }],
  ])('%s is framed by what there is of a body', (method, body, framed) => {
    expect(requestHeaders(call({ method, body }))).toEqual(framed)
  })
})

test('an answer keeps several headers of a name, and nothing about the connection', () => {
  expect(replyHeaders({ 'set-cookie': ['a=1', 'b=2'], etag: '"1"', connection: 'keep-alive, Foo', foo: 'x', 'keep-alive': 'timeout=5', 'transfer-encoding': 'chunked', 'content-length': '3' }))
    .toEqual({ 'set-cookie': ['a=1', 'b=2'], etag: '"1"' })
})
