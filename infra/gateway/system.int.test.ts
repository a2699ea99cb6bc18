import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectNats } from '../nats/connect.ts'
import { openBucket } from '../nats/buckets.ts'
import { BUCKET } from '../nats/subjects.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { BASIC, specOf, startGateway, type TestGateway, type TestOptions } from './testing/gateway.ts'
import { echo, mirror } from './testing/handlers.ts'

let folder: string
let nats: NatsServer
let gateway: TestGateway
const options = (): TestOptions => ({
  folder, nats, bodyLimitBytes: 64 * 1024,
  handlers: { echo, mirror, environment: (_, { environment, name }) => ({ name, environment }) },
  stack: [specOf('echo', { annotations: { public: 'true' } })],
})
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-gateway-'))
  nats = await startNats({ syncAlways: false })
  gateway = await startGateway(options())
})
afterEach(async () => {
  await gateway.stop()
  await nats.stop()
  rmSync(folder, { recursive: true, force: true })
})

const FUNCTIONS = '/system/functions'
const names = async () => ((await gateway.system('GET', FUNCTIONS)).json() as { name: string }[]).map(({ name }) => name)
// as faas-cli sends it: Go's empty maps and lists are null
const cliBody = (service: string, image = `test/${service}:latest`) => ({
  service, image, namespace: '', envProcess: '', envVars: { A: '1' }, constraints: null, secrets: [], labels: {}, annotations: { public: 'true' },
  limits: null, requests: null, readOnlyRootFilesystem: false,
})

describe('the sequences of faas-cli', () => {
  test('login', async () => {
    expect((await gateway.system('GET', FUNCTIONS)).status).toBe(200)
  })

  test('deploy: PUT of an unknown function is 404, the POST that follows 202; again, PUT is 202', async () => {
    expect((await gateway.system('PUT', FUNCTIONS, cliBody('mirror'))).json()).toMatchObject({ status: 404, code: 'FUNCTION_NOT_FOUND' })
    expect((await gateway.system('POST', FUNCTIONS, cliBody('mirror'))).status).toBe(202)
    expect((await gateway.system('PUT', FUNCTIONS, cliBody('mirror'))).status).toBe(202)
    expect((await gateway.call('/function/mirror.openfaas-fn')).status).toBe(200)
    await expect.poll(gateway.announcements).toBe(2)
  })

  test('deploy with --replace --update=false: DELETE, then POST', async () => {
    expect((await gateway.system('DELETE', FUNCTIONS, { functionName: 'echo', namespace: '' })).status).toBe(202)
    expect((await gateway.system('POST', FUNCTIONS, cliBody('echo'))).status).toBe(202)
  })

  test('POST of a function that is there already is 409', async () => {
    expect((await gateway.system('POST', FUNCTIONS, cliBody('echo'))).json()).toMatchObject({ status: 409, code: 'FUNCTION_EXISTS' })
  })

  test('describe, then list: the same function, with its counts', async () => {
    await gateway.call('/function/echo')
    const described = (await gateway.system('GET', '/system/function/echo?namespace=&usage=1')).json()
    expect(described).toMatchObject({
      name: 'echo', namespace: 'openfaas-fn', image: 'test/echo:1', replicas: 1, availableReplicas: 1, invocationCount: 1,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/), annotations: { public: 'true' }, usage: { cpu: expect.any(Number), totalMemoryBytes: expect.any(Number) },
    })
    const [listed] = (await gateway.system('GET', FUNCTIONS)).json() as [{ name: string }]
    expect([...Object.keys(listed), 'usage']).toEqual(Object.keys(described as object)) // usage is for who asks
    expect((await gateway.system('GET', '/system/function/none')).json()).toMatchObject({ status: 404, code: 'FUNCTION_NOT_FOUND' })
  })

  test('remove: DELETE with a body, 404 the second time, and it is gone', async () => {
    const removal = { functionName: 'echo', namespace: 'openfaas-fn' }
    expect((await gateway.system('DELETE', FUNCTIONS, removal)).status).toBe(202)
    expect((await gateway.system('DELETE', FUNCTIONS, removal)).json()).toMatchObject({ status: 404, code: 'FUNCTION_NOT_FOUND' })
    expect((await gateway.call('/function/echo')).status).toBe(404)
    expect(await names()).toEqual([])
  })

  test('info, namespaces, healthz', async () => {
    expect((await gateway.system('GET', '/system/info')).json()).toMatchObject({
      provider: { provider: 'one-record-playground', orchestration: 'in-process', version: { release: expect.any(String), sha: expect.any(String) } },
      version: { release: expect.any(String), sha: expect.any(String), commit_message: expect.any(String) }, arch: expect.any(String),
    })
    expect((await gateway.system('GET', '/system/namespaces')).json()).toEqual(['openfaas-fn'])
    expect((await gateway.call('/healthz')).status).toBe(200)
  })
})

describe('what is refused', () => {
  test.each([
    ['no password', {}], ['a wrong one', { authorization: `Basic ${Buffer.from('admin:no').toString('base64')}` }],
    ['a bearer token', { authorization: 'Bearer pass:word' }], ['no base64', { authorization: 'Basic %%%' }],
  ])('/system with %s', async (_, headers) => {
    for (const path of [FUNCTIONS, '/system/info', '/system/function/echo', '/system/nothing']) {
      const answer = await gateway.call(path, { headers })
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Basic realm="Restricted"'])
    }
    expect((await gateway.call(FUNCTIONS, { method: 'DELETE', headers, body: '{"functionName":"echo"}' })).status).toBe(401)
    expect(await names()).toEqual(['echo'])
  })

  test('an image that this host does not hold: a sentence that says what it can run', async () => {
    const answer = await gateway.system('POST', FUNCTIONS, cliBody('nginx', 'docker.io/library/nginx:1'))
    expect(answer.json()).toMatchObject({
      status: 400, code: 'IMAGE_NOT_HELD',
      detail: 'This host runs functions in its own process and does not hold image docker.io/library/nginx:1; it can run: test/echo, test/mirror, test/environment.',
    })
    expect(await names()).toEqual(['echo'])
  })

  test.each([
    [{ image: 'test/echo' }, 'INVALID_FIELD', 'service'],
    [{ ...cliBody('mirror'), service: 'No_Name' }, 'INVALID_FIELD', 'service'],
    [{ ...cliBody('mirror'), service: 'a.b' }, 'INVALID_FIELD', 'service'],
    [{ ...cliBody('mirror'), labels: { a: 1 } }, 'INVALID_FIELD', 'labels.a'],
    [{ ...cliBody('mirror'), namespace: 'other' }, 'INVALID_FIELD', 'namespace'],
    [{ ...cliBody('mirror'), annotation: {} }, 'UNKNOWN_FIELD', 'annotation'],
    [{ ...cliBody('mirror'), limits: { disk: '1' } }, 'UNKNOWN_FIELD', 'limits.disk'],
    [[], 'INVALID_FIELD', 'body'],
  ])('a deployment %j', async (body, code, field) => {
    const answer = await gateway.system('POST', FUNCTIONS, body)
    expect(answer.json()).toMatchObject({ status: 400, code, field })
    expect(await names()).toEqual(['echo'])
  })

  test('broken JSON, another type, another verb, an oversized body', async () => {
    const post = (headers: Record<string, string>, body: string) => gateway.call(FUNCTIONS, { method: 'POST', headers: { ...BASIC, accept: '*/*', ...headers }, body })
    expect((await post({ 'content-type': 'application/json' }, '{"service"')).json()).toMatchObject({ status: 400, code: 'MALFORMED_JSON' })
    expect((await post({ 'content-type': 'text/plain' }, '{}')).json()).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
    expect((await post({ 'content-type': 'application/json' }, ' '.repeat(70_000))).json()).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
    const patched = await gateway.system('PATCH', FUNCTIONS)
    expect([patched.status, patched.headers['allow']]).toEqual([405, 'GET, HEAD, POST, PUT, DELETE'])
    expect((await gateway.system('GET', `${FUNCTIONS}?namespace=other`)).json()).toMatchObject({ status: 400, code: 'INVALID_FIELD', field: 'namespace' })
  })
})

describe('what is kept', () => {
  test('functions deployed by REST are found again at the next start; one of the stack that was changed stays so, until the stack changes it', async () => {
    await gateway.system('POST', FUNCTIONS, cliBody('environment'))
    await gateway.system('DELETE', FUNCTIONS, { functionName: 'echo' })
    const before = (await gateway.system('GET', '/system/function/environment')).json() as { createdAt: string }
    await gateway.stop()
    gateway = await startGateway(options())
    expect(await names()).toEqual(['environment'])
    expect((await gateway.call('/function/environment')).json()).toEqual({ name: 'environment', environment: { A: '1' } })
    expect((await gateway.system('GET', '/system/function/environment')).json()).toMatchObject({ createdAt: before.createdAt })
    await gateway.stop()
    gateway = await startGateway({ ...options(), stack: [specOf('echo', { annotations: { public: 'true' }, labels: { release: '2' } })] })
    expect(await names()).toEqual(['echo', 'environment'])
  })

  test('one whose image is gone is listed without replicas, and says so when it is called', async () => {
    await gateway.system('POST', FUNCTIONS, cliBody('mirror'))
    await gateway.stop()
    gateway = await startGateway({ ...options(), handlers: { echo } })
    expect((await gateway.system('GET', '/system/function/mirror')).json()).toMatchObject({ availableReplicas: 0 })
    expect((await gateway.call('/function/mirror')).json()).toMatchObject({ status: 503, code: 'FUNCTION_NOT_READY' })
  })

  test('what nobody can read is not there; the rest is', async () => {
    await gateway.system('POST', FUNCTIONS, cliBody('mirror'))
    const connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: folder }, 'saboteur')
    const bucket = await openBucket(connection, BUCKET.functions)
    await bucket.put('function.broken.openfaas-fn', 'no JSON')
    await bucket.put('function.odd.openfaas-fn', '{"spec":7}')
    await connection.close()
    await gateway.stop()
    gateway = await startGateway(options())
    expect(await names()).toEqual(['echo', 'mirror'])
  })

  test('a change that cannot be stored is not made, and says why', async () => {
    await nats.kill()
    expect((await gateway.system('POST', FUNCTIONS, cliBody('mirror'))).json()).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' })
    expect((await gateway.system('DELETE', FUNCTIONS, { functionName: 'echo' })).json()).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' })
    expect(await names()).toEqual(['echo'])
    expect((await gateway.call('/function/echo')).status).toBe(200)
    await nats.restart()
    await expect.poll(async () => (await gateway.system('POST', FUNCTIONS, cliBody('mirror'))).status, { timeout: 20_000 }).not.toBe(503)
    expect(await names()).toEqual(['echo', 'mirror'])
  })

  test('ten changes at once are made one after the other', async () => {
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await gateway.system('POST', FUNCTIONS, cliBody('mirror'))).status))
    expect(statuses.toSorted((a, b) => a - b)).toEqual([202, ...Array.from({ length: 9 }, () => 409)])
  })
})
