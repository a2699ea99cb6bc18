import { describe, expect, test } from 'vitest'
import { expectProblem, refuses } from './expect.ts'
import { FUNCTION_LIMIT, JSON_TYPE, type Scene } from './scene.ts'

/** What the gateway's own API refuses, and that the edge does not lead to it. */
export const gatewayRefusals = ({ atEdge, atGateway, basic, bearer, gatewayUser, secretOf }: Scene): void => {
  describe('the gateway\'s own API', () => {
    test.each<readonly [string, () => Readonly<Record<string, string>>]>([
      ['none', () => ({})], ['wrong', () => basic('admin', 'wrong')], ['another\'s', () => basic('root', secretOf('basic-auth-password'))], ['no base64', () => ({ authorization: 'Basic ???' })], ['the token', bearer],
    ])('a password that is %s', async (_, authorization) => {
      for (const [method, path] of [['GET', '/system/functions'], ['DELETE', '/system/functions'], ['POST', '/system/functions'], ['GET', '/system/info']] as const) {
        const reply = await atGateway(path, { method, headers: authorization() })
        expectProblem(reply, 401, 'BASIC_AUTH_REQUIRED')
        expect(reply.headers['www-authenticate']).toContain('Basic')
      }
    })

    refuses('a function of', (body) => atGateway('/system/functions', { method: 'POST', headers: { ...gatewayUser(), ...JSON_TYPE }, body }), [
      ['no JSON', '{', 400, 'MALFORMED_JSON'],
      ['nothing', '{}', 400, 'INVALID_FIELD', 'service'],
      ['an image that is not held', '{"service":"mine","image":"evil/miner:latest"}', 400, 'IMAGE_NOT_HELD'],
      ['a name with a slash', '{"service":"a/b","image":"one-record-playground/idle:latest"}', 400, 'INVALID_FIELD', 'service'],
      ['a taken name', '{"service":"idle","image":"one-record-playground/idle:latest"}', 409, 'FUNCTION_EXISTS'],
      ['a wrong type', '{"service":"mine","image":7}', 400, 'INVALID_FIELD', 'image'],
      ['too many bytes', `{"service":"${'a'.repeat(FUNCTION_LIMIT)}"}`, 413, 'BODY_TOO_LARGE'],
    ])

    test('what there is not', async () => {
      expectProblem(await atGateway('/system/functions', { method: 'DELETE', headers: { ...gatewayUser(), ...JSON_TYPE }, body: '{"functionName":"nobody"}' }), 404, 'FUNCTION_NOT_FOUND')
      expectProblem(await atGateway('/system/nothing', { headers: gatewayUser() }), 404, 'NOT_FOUND')
      expectProblem(await atGateway('/function/nobody'), 404, 'FUNCTION_NOT_FOUND')
      expectProblem(await atGateway('/async-function/provision', { method: 'POST' }), 403, 'NOT_PUBLIC')
      expectProblem(await atGateway('/function/../system/functions'), 404, 'FUNCTION_NOT_FOUND')
      expectProblem(await atGateway('/function/%2e%2e/system/functions'), 404, 'FUNCTION_NOT_FOUND')
    })

    test.each(['/system/functions', '/system/info', '/healthz', '/async-function/deployments', '/function', '/apis/x'])('is not at the edge: %s', async (path) => {
      for (const headers of [{}, gatewayUser(), bearer()]) expectProblem(await atEdge(path, { headers }), 404, 'NOT_FOUND')
    })
    test.each(['/api/../system/functions', '/api/%2e%2e/system/functions', '/function/.%2E/system/functions', '/api/deployments/..%2f..%2fsystem', '/function/./idle', '/function/..\\system'])('nor by tricks: %s', async (path) =>
      expectProblem(await atEdge(path, { headers: gatewayUser() }), 400, 'MALFORMED_REQUEST'))
    test.each(['//system/functions', '/%2fsystem/functions', '/%73ystem/functions', '/api%2fdeployments', '/;/system/functions', '/API/deployments'])('nor by an odd spelling: %s', async (path) =>
      expectProblem(await atEdge(path, { headers: gatewayUser() }), 404, 'NOT_FOUND'))
  })
}
