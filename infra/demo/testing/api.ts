import { describe, expect, test } from 'vitest'
import { expectProblem, refuses, type Case } from './expect.ts'
import { FUNCTION_LIMIT, JSON_TYPE, type Scene } from './scene.ts'

/** What the API refuses, by whichever way it is reached. */
export const apiRefusals = ({ atEdge, atGateway, basic, bearer, gatewayUser, ids, token }: Scene): void => {
  describe.each([['/api', atEdge, '/api/deployments'], ['the edge', atEdge, '/function/deployments'], ['the gateway', atGateway, '/function/deployments']] as const)('the API through %s', (_, send, base) => {
    const call = (method: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}) =>
      send(base + path, { method, headers: { ...bearer(), ...(body === undefined ? {} : JSON_TYPE), ...headers }, ...(body === undefined ? {} : { body }) })

    refuses('a deployment of', (body) => call('POST', '', body), [
      ['no JSON', '{"name":', 400, 'MALFORMED_JSON'],
      ['two documents', '{}{}', 400, 'MALFORMED_JSON'],
      ['null', 'null', 400, 'INVALID_FIELD', 'body'],
      ['a list', '[]', 400, 'INVALID_FIELD', 'body'],
      ['text', '"demo"', 400, 'INVALID_FIELD', 'body'],
      ['a deep nest', '['.repeat(20_000) + ']'.repeat(20_000), 400, 'INVALID_FIELD', 'body'],
      ['a name that is a number', '{"name":7}', 400, 'INVALID_FIELD', 'name'],
      ['a name that is an object', '{"name":{"$ne":null}}', 400, 'INVALID_FIELD', 'name'],
      ['a setting of the wrong type', '{"settings":{"pauseAfterSeconds":"5"}}', 400, 'INVALID_FIELD', 'settings.pauseAfterSeconds'],
      ['a setting out of range', '{"settings":{"pauseAfterSeconds":1e300}}', 400, 'INVALID_FIELD', 'settings.pauseAfterSeconds'],
      ['an unknown plan', '{"plan":"huge"}', 400, 'INVALID_FIELD', 'plan'],
      ['an unknown field', '{"name":"x","colour":"red"}', 400, 'UNKNOWN_FIELD', 'colour'],
      ['a prototype', '{"__proto__":{"admin":true}}', 400, 'UNKNOWN_FIELD', '__proto__'],
      ['an owner', '{"owner":"me"}', 400, 'UNKNOWN_FIELD', 'owner'],
      ['an unknown setting', '{"settings":{"colour":1}}', 400, 'UNKNOWN_FIELD', 'settings.colour'],
      ['a name that is taken', '{"name":"demo"}', 409, 'NAME_TAKEN', 'name'],
      ['the name of what sleeps', '{"name":"away"}', 409, 'NAME_TAKEN', 'name'],
      ['a reserved name', '{"name":"www"}', 409, 'NAME_RESERVED', 'name'],
      ['a name of 64 characters', `{"name":"${'a'.repeat(64)}"}`, 400, 'NAME_INVALID', 'name'],
      ...['', 'Demo', 'a.b', '-a', 'a-', 'xn--a', 'a b', 'a_b', 'a*', '>', '../a', 'a\\u0000', 'ä', 'a\\n'].map((name): Case => [`the name "${name}"`, `{"name":"${name}"}`, 400, 'NAME_INVALID', 'name']),
    ])

    refuses('settings:', (body) => call('PATCH', `/${ids['demo']}/settings`, body), [
      ['nothing to change', '{}', 400, 'INVALID_FIELD', 'body'],
      ['an unknown one', '{"colour":1}', 400, 'UNKNOWN_FIELD', 'colour'],
      ['null', '{"pauseAfterSeconds":null}', 400, 'INVALID_FIELD', 'pauseAfterSeconds'],
    ])

    test('a body of another type, or too large', async () => {
      expectProblem(await call('POST', '', '{"name":"typed"}', { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE')
      expectProblem(await call('POST', '', 'name=typed', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'UNSUPPORTED_MEDIA_TYPE')
      expectProblem(await call('POST', '', `{"name":"${'a'.repeat(FUNCTION_LIMIT)}"}`), 413, 'BODY_TOO_LARGE')
      expectProblem(await call('POST', '', `{"name":"${'a'.repeat(FUNCTION_LIMIT)}"}`, { 'transfer-encoding': 'chunked' }), 413, 'BODY_TOO_LARGE')
    })

    test.each(['nobody', '*', '%3E', 'a.b', '%00', 'deployment.*', 'x'.repeat(2_000), '%F0%9F%9B%AB'])('nobody is called %s', async (id) => {
      for (const [method, path] of [['GET', ''], ['GET', '/history'], ['GET', '/activity'], ['DELETE', ''], ['POST', '/pause'], ['POST', '/stop']] as const) {
        expectProblem(await call(method, `/${id}${path}`), 404, 'DEPLOYMENT_NOT_FOUND')
      }
    })

    test('an id that is no UTF-8', async () => expectProblem(await call('GET', '/%E0%A4%A'), 400, 'INVALID_FIELD', 'id'))

    test('what there is not', async () => {
      expectProblem(await call('POST', `/${ids['demo']}/explode`), 404, 'NOT_FOUND')
      expectProblem(await call('PUT', `/${ids['demo']}`), 405, 'METHOD_NOT_ALLOWED')
      expectProblem(await call('GET', '?colour=red'), 400, 'UNKNOWN_FIELD', 'colour')
      expectProblem(await call('GET', '?limit=many'), 400, 'INVALID_FIELD', 'limit')
      expectProblem(await call('GET', '?cursor=nonsense'), 400, 'INVALID_FIELD', 'cursor')
      expectProblem(await call('GET', '?status=happy'), 400, 'INVALID_FIELD', 'status')
      expectProblem(await call('GET', `/${ids['demo']}/history?cursor=nonsense`), 400, 'INVALID_FIELD', 'cursor')
    })

    test.each([
      ['closed', 'restart', 409, 'ILLEGAL_TRANSITION'], ['closed', 'resume', 409, 'ILLEGAL_TRANSITION'], ['closed', 'pause', 409, 'NOT_RUNNING'], ['closed', 'hibernate', 409, 'NOT_RUNNING'],
      ['away', 'pause', 409, 'NOT_RUNNING'],
      ...['start', 'stop', 'restart', 'pause', 'resume', 'hibernate'].map((command) => ['gone', command, 410, 'DEPLOYMENT_DELETED'] as const),
    ] as const)('%s: %s', async (name, command, status, code) => expectProblem(await call('POST', `/${ids[name]}/${command}`), status, code))

    test('a revision that is past, or none', async () => {
      for (const [method, path, body] of [['DELETE', ''], ['POST', '/stop'], ['POST', '/pause'], ['PATCH', '/settings', '{"pauseAfterSeconds":9}']] as const) {
        expectProblem(await call(method, `/${ids['demo']}${path}`, body, { 'if-match': '"0"' }), 412, 'STALE_REVISION', 'If-Match')
        expectProblem(await call(method, `/${ids['demo']}${path}`, body, { 'if-match': 'one' }), 400, 'INVALID_FIELD', 'If-Match')
      }
    })

    test('a key that was used for something else, or is none', async () => {
      expectProblem(await call('POST', `/${ids['demo']}/restart`, undefined, { 'idempotency-key': 'used' }), 422, 'IDEMPOTENCY_KEY_REUSED', 'Idempotency-Key')
      expectProblem(await call('POST', `/${ids['demo']}/pause`, undefined, { 'idempotency-key': 'used' }), 422, 'IDEMPOTENCY_KEY_REUSED', 'Idempotency-Key')
      expectProblem(await call('POST', `/${ids['paused']}/resume`, undefined, { 'idempotency-key': 'used' }), 422, 'IDEMPOTENCY_KEY_REUSED', 'Idempotency-Key')
      expectProblem(await call('POST', `/${ids['demo']}/stop`, undefined, { 'idempotency-key': 'a b' }), 400, 'INVALID_FIELD', 'Idempotency-Key')
    })

    test.each<readonly [string, () => Readonly<Record<string, string>>]>([
      ['none', () => ({})], ['another', () => ({ authorization: 'Bearer wrong' })], ['an empty one', () => ({ authorization: 'Bearer ' })], ['a basic one', () => basic('operator', token())],
      ['the gateway\'s password', gatewayUser], ['the token twice', () => ({ authorization: `Bearer ${token()} ${token()}` })],
    ])('a token that is %s', async (_, authorization) => {
      for (const [method, path] of [['GET', ''], ['POST', ''], ['GET', `/${ids['demo']}`], ['DELETE', `/${ids['demo']}`], ['POST', `/${ids['demo']}/stop`]] as const) {
        const reply = await send(base + path, { method, headers: authorization() })
        expectProblem(reply, 401, 'UNAUTHENTICATED')
        expect(reply.headers['www-authenticate']).toBe('Bearer')
      }
    })
  })
}
