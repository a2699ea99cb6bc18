import { describe, expect, test } from 'vitest'
import { expectApiError } from './expect.ts'
import { LD, PIECE, SLOT_LIMIT, type Scene } from './scene.ts'

/** What a ONE Record server refuses, as api:Error (ONE Record API 2.3.0, error handling). */
export const oneRecordRefusals = ({ object, visit }: Scene): void => {
  describe('a ONE Record server', () => {
    const post = (body: string | Buffer, headers: Readonly<Record<string, string>> = LD) => visit('demo', '/logistics-objects', { method: 'POST', headers, body })
    const BAD_BODY = 'Invalid body request'

    test.each<readonly [string, string | Buffer]>([
      ['nothing', ''], ['no JSON', '{"@type":'], ['a list of nothing', '[]'], ['text', '"Piece"'], ['null', 'null'], ['no type', '{"@context":{"cargo":"https://onerecord.iata.org/ns/cargo#"}}'],
      ['a type nobody knows', '{"@type":"https://example.org/Unicorn"}'], ['a context elsewhere', '{"@context":"http://127.0.0.1:1/evil.json","@type":"cargo:Piece"}'],
      ['a deep nest', '['.repeat(900) + ']'.repeat(900)], ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])], ['a context that is a number', '{"@context":7,"@type":"cargo:Piece"}'],
    ])('JSON-LD that is bad: %s', async (_, body) => expectApiError(await post(body), 400, BAD_BODY))

    test.each(['text/turtle', 'application/json', 'text/plain', 'application/ld+json; charset=latin1', ''])('a body of type "%s"', async (type) =>
      expectApiError(await post(PIECE, { 'content-type': type }), 415, 'Unsupported content type'))
    test('a coding nobody reads here', async () => expectApiError(await post(PIECE, { ...LD, 'content-encoding': 'compress' }), 415, 'Unsupported content type'))
    test('gzip that is none', async () => expectApiError(await post(PIECE, { ...LD, 'content-encoding': 'gzip' }), 400, BAD_BODY))
    test('nothing it could say', async () => expectApiError(await visit('demo', object(), { headers: { accept: 'text/turtle' } }), 415, 'Unsupported content type'))
    test.each([{}, { 'transfer-encoding': 'chunked' }])('a body that is too large: %j', async (headers) => expectApiError(await post(JSON.stringify({ '@type': 'x'.repeat(SLOT_LIMIT) }), { ...LD, ...headers }), 413, BAD_BODY))

    test.each(['/logistics-objects/nobody', '/logistics-objects/%00', '/logistics-objects/..%2f..', '/logistics-objects/%E0%A4%A', '/action-requests/nobody', '/logistics-objects/nobody/audit-trail', '/nothing', '/../..', '/%2e%2e/x', '/__proto__', `/logistics-objects/${'x'.repeat(4_000)}`])('what there is not: %s', async (path) =>
      expectApiError(await visit('demo', path), 404, 'Resource not found'))

    test.each(['at=yesterday', 'at=20260231T000000Z', 'at=29990101T000000Z', 'at=2026-01-01T00:00:00Z', 'at=', 'at=20260101T000000Z&at=20260101T000000Z', 'embedded=perhaps'])('a query that is bad: %s', async (query) =>
      expectApiError(await visit('demo', `${object()}?${query}`), 400, 'Invalid query parameter request'))

    test.each([['DELETE', 'object'], ['PUT', 'object'], ['DELETE', '/logistics-objects'], ['POST', '/']])('a method that is not possible: %s %s', async (method, path) => {
      const reply = await visit('demo', path === 'object' ? object() : path, { method })
      expectApiError(reply, 405, 'Method not allowed')
      expect(reply.headers['allow']).toBeTruthy()
    })

    test('a change that is none', async () => {
      const change = (body: string, headers = LD) => visit('demo', object(), { method: 'PATCH', headers, body })
      expectApiError(await change('{'), 400, BAD_BODY)
      expectApiError(await change('{}'), 400, BAD_BODY)
      expectApiError(await change(PIECE), 400, BAD_BODY)
      expectApiError(await change('{}', { 'content-type': 'text/plain' }), 415, 'Unsupported content type')
      expectApiError(await visit('demo', '/logistics-objects/nobody', { method: 'PATCH', headers: LD, body: '{}' }), 404, 'Resource not found')
    })
  })
}
