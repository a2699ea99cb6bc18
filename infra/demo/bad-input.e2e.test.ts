import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { headers as natsHeaders, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { sign, SIGNATURE_HEADER } from '../delivery/signature.ts'
import { startPlayground, type Playground } from '../local/playground.ts'
import { connectNats } from '../nats/connect.ts'
import { PARKED } from '../nats/park.ts'
import { STREAM } from '../nats/subjects.ts'
import { HEADER } from '../nats/wire.ts'
import { natsRoutes } from '../routes/nats.ts'
import { sendBytes, sendExact, type Reply, type Sent } from './exact-http.ts'
import { historyOf } from './history.ts'
import { httpClient, operator, type Operator } from './http.ts'

const FUNCTION_LIMIT = 65_536
const SLOT_LIMIT = 2_048
const PIECE = readFileSync(join(import.meta.dirname, '../one-record/testing/examples/Piece.json'), 'utf8')
const LD = { 'content-type': 'application/ld+json' }
const JSON_TYPE = { 'content-type': 'application/json' }

/** What it is, what is sent, and the status, code and field of the refusal. */
type Case = readonly [what: string, sent: string, status: number, code: string, field?: string]

let folder: string
let playground: Playground
let nats: NatsConnection
let api: Operator
let gatewayPort: number
let object: string
const ids: Record<string, string> = {}
const client = httpClient()

const secretOf = (name: string) => readFileSync(join(playground.secretsDir, name), 'utf8').trimEnd()
const basic = (user: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` })
const gatewayUser = () => basic(secretOf('basic-auth-user'), secretOf('basic-auth-password'))
const bearer = () => ({ authorization: `Bearer ${playground.token}` })
const hostOf = (name: string) => `${name}.${playground.deploymentsDomain}`

const atEdge = (path: string, sent: Sent = {}) => sendExact(playground.httpPort, path, { ...sent, headers: { host: `localhost:${playground.httpPort}`, ...sent.headers } })
const atGateway = (path: string, sent: Sent = {}) => sendExact(gatewayPort, path, sent)
const visit = (name: string, path: string, sent: Sent = {}) => sendExact(playground.httpPort, path, { ...sent, headers: { host: hostOf(name), ...sent.headers } })

const until = async (name: string, status: string) =>
  vi.waitFor(async () => expect((await api.call<{ status: string }>('GET', `/${ids[name]}`)).status).toBe(status), { timeout: 20_000, interval: 50 })

/** Asks again: a sleep is abandoned while edges may still be coming back to a broker that has just started. */
const putToSleep = (name: string, command: 'pause' | 'hibernate', status: string) =>
  vi.waitFor(async () => {
    await api.call('POST', `/${ids[name]}/${command}`)
    await vi.waitFor(async () => expect((await api.call<{ status: string }>('GET', `/${ids[name]}`)).status).toBe(status), { timeout: 300 })
  }, { timeout: 60_000, interval: 500 })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-bad-input-'))
  chmodSync(folder, 0o711) // PostgreSQL runs as another user when this is root
  playground = await startPlayground({
    dataDir: join(folder, '.data'), ports: 'free', env: { GATEWAY_BODY_LIMIT_BYTES: String(FUNCTION_LIMIT), PAUSE_AFTER_SECONDS: '3600', HIBERNATE_AFTER_SECONDS: '3600' },
  })
  gatewayPort = Number(new URL(playground.urls.gateway).port)
  api = operator(client, playground.urls.platform, playground.tokenFile)
  nats = await connectNats({ NATS_URL: playground.urls.nats, SECRETS_DIR: playground.secretsDir }, 'bad-input')
  for (const name of ['demo', 'paused', 'closed', 'away', 'gone']) ids[name] = (await api.call<{ id: string }>('POST', '/', { name, settings: { maxBodyBytes: SLOT_LIMIT } })).id
  for (const name of Object.keys(ids)) await until(name, 'running')
  await api.call('PATCH', `/${ids['demo']}/settings`, { pauseAfterSeconds: 3_000 }, { 'idempotency-key': 'used' })
  await api.call('POST', `/${ids['paused']}/pause`, undefined, { 'idempotency-key': 'used' })
  await api.call('POST', `/${ids['closed']}/stop`)
  await api.call('DELETE', `/${ids['gone']}`)
  await Promise.all([until('closed', 'stopped'), until('gone', 'deleted'), putToSleep('paused', 'pause', 'paused'), putToSleep('away', 'hibernate', 'hibernated')])
  object = (await visit('demo', '/logistics-objects', { method: 'POST', headers: LD, body: PIECE })).headers['location'] ?? ''
  await vi.waitFor(async () => {
    before = await everything()
    expect(before.histories.flat().map(({ position }) => Number(position)).sort((a, b) => b - a)[0]).toBe(before.sequence) // the read models have it all
  }, { timeout: 10_000 })
})
afterAll(async () => {
  client.close()
  await nats?.close()
  await playground?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const lastSequence = async () => (await (await jetstreamManager(nats)).streams.info(STREAM.events)).state.last_seq

/** All that bad input could have changed: the stream, every deployment and its history, the functions, the data of one server. */
const everything = async () => ({
  sequence: await lastSequence(),
  deployments: await Promise.all(Object.values(ids).map((id) => api.call<object>('GET', `/${id}`))),
  histories: await Promise.all(Object.values(ids).map((id) => historyOf(api, id))),
  functions: ((await atGateway('/system/functions', { headers: gatewayUser() })).json as { name: string }[]).map(({ name }) => name),
  object: await visit('demo', new URL(object).pathname).then(({ status, headers, json }) => [status, headers['revision'], json]),
})
let before: Awaited<ReturnType<typeof everything>>

const expectProblem = (reply: Reply, status: number, code: string, field?: string): void => {
  expect(reply).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' }, json: { status, code, detail: expect.stringMatching(/\.$/) } })
  expect((reply.json as { field?: string }).field).toBe(field)
}

const refuses = (what: string, send: (sent: string) => Promise<Reply>, cases: readonly Case[]): void => {
  for (const [which, sent, status, code, field] of cases) test(`${what} ${which}`, async () => expectProblem(await send(sent), status, code, field))
}

describe('bad input changes nothing:', () => {
  afterEach(async () => expect(await everything()).toEqual(before))

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
      ['none', () => ({})], ['another', () => ({ authorization: 'Bearer wrong' })], ['an empty one', () => ({ authorization: 'Bearer ' })], ['a basic one', () => basic('operator', playground.token)],
      ['the gateway\'s password', gatewayUser], ['the token twice', () => ({ authorization: `Bearer ${playground.token} ${playground.token}` })],
    ])('a token that is %s', async (_, authorization) => {
      for (const [method, path] of [['GET', ''], ['POST', ''], ['GET', `/${ids['demo']}`], ['DELETE', `/${ids['demo']}`], ['POST', `/${ids['demo']}/stop`]] as const) {
        const reply = await send(base + path, { method, headers: authorization() })
        expectProblem(reply, 401, 'UNAUTHENTICATED')
        expect(reply.headers['www-authenticate']).toBe('Bearer')
      }
    })
  })
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
      expectProblem(await atGateway('/async-function/deployments', { method: 'POST' }), 501, 'NOT_OFFERED')
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

  describe.each(['/function/provision', '/function/idle.openfaas-fn', '/function/retire'])('a delivery to %s', (path) => {
    const body = JSON.stringify({ deploymentId: 'nobody', name: 'nobody', reason: 'create', since: '2026-01-01T00:00:00.000Z', at: '2026-01-01T00:00:00.000Z' })
    const TYPES: Readonly<Record<string, string>> = { '/function/provision': 'ClaimRequested', '/function/idle.openfaas-fn': 'SettingsChanged', '/function/retire': 'StopRequested' }
    const type = TYPES[path] ?? ''
    const delivery = ({ key = secretOf('signing-key'), atMs = Date.now(), signedBody = body, ...more }: { key?: string; atMs?: number; signedBody?: string } & Record<string, unknown> = {}): Record<string, string> => {
      const head = { 'ce-id': 'forged', 'ce-type': type, 'ce-subject': 'events.deployment.nobody', 'ce-sequence': '1', 'ce-revision': '1', 'ce-dataversion': '1', 'ce-time': '2026-01-01T00:00:00.000Z', 'ce-attempt': '1', 'ce-correlationid': 'x', 'ce-actor': 'operator', ...more }
      return { ...JSON_TYPE, ...head, [SIGNATURE_HEADER]: sign(key, { id: head['ce-id'], type: String(head['ce-type']), sequence: head['ce-sequence'], body: Buffer.from(signedBody) }, atMs) }
    }
    const { [SIGNATURE_HEADER]: _, ...unsigned } = { ...JSON_TYPE, 'ce-id': 'forged', 'ce-type': type, [SIGNATURE_HEADER]: '' }

    test('that is not signed', async () => expectProblem(await atGateway(path, { method: 'POST', headers: unsigned, body }), 403, 'NOT_PUBLIC'))
    test.each<readonly [string, () => Record<string, string>]>([
      ['with another key', () => delivery({ key: 'another' })], ['for another body', () => delivery({ signedBody: '{}' })], ['ten minutes ago', () => delivery({ atMs: Date.now() - 600_000 })],
      ['in ten minutes', () => delivery({ atMs: Date.now() + 600_000 })], ['by nonsense', () => ({ ...delivery(), [SIGNATURE_HEADER]: 'yes' })], ['with nothing', () => ({ ...delivery(), [SIGNATURE_HEADER]: '' })],
      ['for another event', () => ({ ...delivery(), 'ce-id': 'other' })], ['for another type', () => ({ ...delivery(), 'ce-type': 'PurgeDue' })], ['for another place', () => ({ ...delivery(), 'ce-sequence': '2' })],
    ])('that is signed %s', async (_why, headers) => expectProblem(await atGateway(path, { method: 'POST', headers: headers(), body }), 401, 'UNSIGNED_DELIVERY'))

    test('of the gateway\'s user, who may call but not sign', async () =>
      expectProblem(await atGateway(path, { method: 'POST', headers: { ...delivery({ key: 'another' }), ...gatewayUser() }, body }), 401, 'UNSIGNED_DELIVERY'))

    test('that is signed, but no event that it takes', async () => {
      expectProblem(await atGateway(path, { method: 'POST', headers: delivery({ 'ce-type': 'NameReserved' }), body }), 422, 'EVENT_NOT_TAKEN')
      expectProblem(await atGateway(path, { method: 'POST', headers: delivery({ 'ce-dataversion': '99' }), body }), 422, 'UNKNOWN_EVENT')
      expectProblem(await atGateway(path, { method: 'POST', headers: delivery({ 'ce-dataversion': 'one' }), body }), 422, 'MALFORMED_EVENT')
      expectProblem(await atGateway(path, { method: 'POST', headers: delivery({ signedBody: '{}' }), body: '{}' }), 422, 'MALFORMED_EVENT')
      expectProblem(await atGateway(path, { method: 'POST', headers: delivery({ signedBody: '{' }), body: '{' }), 400, 'MALFORMED_JSON')
      expectProblem(await atGateway(path, { method: 'GET', headers: delivery({ signedBody: '' }) }), 405, 'METHOD_NOT_ALLOWED')
    })

    test('through the edge, signed or not', async () => {
      for (const at of [path, path.replace('/function/', '/api/')]) {
        for (const headers of [unsigned, delivery(), delivery({ key: 'another' })]) expectProblem(await atEdge(at, { method: 'POST', headers, body }), 403, 'NOT_PUBLIC')
      }
    })
  })

  test('a delivery that comes once more, signed anew: it was done', async () => {
    const id = ids['demo'] ?? ''
    const [, claim] = (await historyOf(api, id)) as unknown as readonly { id: string; position: string; at: string; data: object }[]
    if (!claim) throw new Error('it has no claim')
    const body = JSON.stringify({ deploymentId: id, at: claim.at, ...claim.data })
    const head = {
      'ce-id': claim.id, 'ce-type': 'ClaimRequested', 'ce-subject': `events.deployment.${id}`, 'ce-sequence': claim.position, 'ce-revision': '1', 'ce-dataversion': '1',
      'ce-time': claim.at, 'ce-attempt': '1', 'ce-correlationid': 'x', 'ce-actor': 'operator',
    }
    const signature = sign(secretOf('signing-key'), { id: claim.id, type: 'ClaimRequested', sequence: claim.position, body: Buffer.from(body) }, Date.now())
    for (let time = 0; time < 3; time += 1) expect((await atGateway('/function/provision', { method: 'POST', headers: { ...JSON_TYPE, ...head, [SIGNATURE_HEADER]: signature }, body })).status).toBe(204)
  })

  describe('hosts', () => {
    const get = (...hosts: readonly string[]) => sendBytes(playground.httpPort, `GET / HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Connection: close\r\n\r\n`)
    test.each(['nobody', 'demo.demo', 'www', 'xn--demo', '127', 'demo-'])('nobody is at %s', async (name) => expectProblem(await get(hostOf(name)), 404, 'HOST_UNKNOWN'))
    test.each(['example.org', '169.254.169.254', 'minio', 'demo.localhost', 'demo.play.localhost.example.org'])('nor at %s', async (host) => expectProblem(await get(host), 404, 'HOST_UNKNOWN'))
    test.each<readonly [string, ...string[]]>([
      ['none'], ['two in one', 'demo.play.localhost, localhost'], ['a path', 'demo.play.localhost/x'],
      ['a user', 'x@demo.play.localhost'], ['a blank', 'demo .play.localhost'], ['a percent sign', 'demo%2eplay.localhost'], ['a star', '*.play.localhost'], ['a pipe', 'demo|x'], ['empty', ''], ['not ASCII', 'dém\xf6.play.localhost'],
    ])('malformed: %s', async (_, ...hosts) => expectProblem(await get(...hosts), 400, 'MALFORMED_REQUEST'))
    // HAProxy refuses what it cannot parse by itself, before any rule; and takes the same host twice for once (both 2.6)
    test('two', async () => expect((await get(hostOf('demo'), hostOf('away'))).status).toBe(400))
    test('what is no HTTP', async () => expect((await sendBytes(playground.httpPort, 'hello\r\n\r\n')).status).toBe(400))
    test('what is gone or closed says so', async () => {
      expectProblem(await visit('gone', '/'), 410, 'DEPLOYMENT_DELETED')
      expectProblem(await visit('closed', '/'), 503, 'DEPLOYMENT_STOPPED')
    })
  })

  describe('forged headers', () => {
    test('of the edge and the dispatcher mean nothing to a deployment', async () => {
      const headers = {
        'x-playground-deployment': ids['away'] ?? '', 'x-playground-counted': `${ids['away']}-1`, 'x-playground-claim': `${ids['away']}-1`, [SIGNATURE_HEADER]: 'x', 'x-forwarded-host': hostOf('away'),
        'ce-type': 'DeletionRequested', 'ce-id': 'x',
      }
      const reply = await visit('demo', '/', { headers })
      expect([reply.status, JSON.stringify(reply.json)]).toEqual([200, expect.stringContaining(`http://${hostOf('demo')}`)])
    })
    test('nor to the API', async () => {
      const headers = { ...bearer(), 'x-playground-deployment': ids['away'] ?? '', 'ce-type': 'DeletionRequested', 'ce-id': 'x', [SIGNATURE_HEADER]: 't=1,v1=x', 'x-call-id': '<script>', traceparent: 'x'.repeat(5_000) }
      for (const send of [atEdge, atGateway]) {
        const reply = await send(`/function/deployments/${ids['demo']}`, { headers })
        expect([reply.status, reply.json]).toMatchObject([200, { id: ids['demo'] }])
        expect(reply.headers['x-call-id']).toMatch(/^[0-9a-f-]{36}$/)
      }
    })
    test('a slot answers nobody but the edge', async () => {
      const address = (await natsRoutes(nats, { replicas: 1 }).get(ids['demo'] ?? ''))?.address ?? ''
      const port = Number(address.split(':')[1])
      for (const headers of [{}, { 'x-playground-claim': 'x' }, { 'x-playground-claim': `${ids['demo']}-1` }]) {
        expectProblem(await sendExact(port, '/', { headers: { host: hostOf('demo'), ...headers } }), 421, 'MISDIRECTED')
      }
    })
  })

  describe('a ONE Record server', () => {
    const post = (body: string | Buffer, headers: Readonly<Record<string, string>> = LD) => visit('demo', '/logistics-objects', { method: 'POST', headers, body })
    const expectApiError = (reply: Reply, status: number, title: string): void => {
      expect(reply).toMatchObject({
        status, headers: { 'content-type': expect.stringMatching(/^application\/ld\+json; version=/) },
        json: { '@type': 'api:Error', 'api:hasTitle': title, 'api:hasErrorDetail': [{ '@type': 'api:ErrorDetail', 'api:hasCode': String(status), 'api:hasMessage': expect.stringMatching(/./) }] },
      })
    }
    const BAD_BODY = 'Invalid body request'

    test.each<readonly [string, string | Buffer]>([
      ['nothing', ''], ['no JSON', '{"@type":'], ['a list of nothing', '[]'], ['text', '"Piece"'], ['null', 'null'], ['no type', '{"@context":{"cargo":"https://onerecord.iata.org/ns/cargo#"}}'],
      ['a type nobody knows', '{"@type":"https://example.org/Unicorn"}'], ['a context elsewhere', '{"@context":"http://127.0.0.1:1/evil.json","@type":"cargo:Piece"}'],
      ['a deep nest', '['.repeat(900) + ']'.repeat(900)], ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])], ['a context that is a number', '{"@context":7,"@type":"cargo:Piece"}'],
    ])('JSON-LD that is bad: %s', async (_, body) => expectApiError(await post(body), 400, BAD_BODY))

    test.each(['text/turtle', 'application/json', 'text/plain', 'application/ld+json; charset=latin1', ''])('a body of type "%s"', async (type) =>
      expectApiError(await post(PIECE, { 'content-type': type }), 415, 'Unsupported content type'))
    test('a compressed one', async () => expectApiError(await post(PIECE, { ...LD, 'content-encoding': 'gzip' }), 415, 'Unsupported content type'))
    test('nothing it could say', async () => expectApiError(await visit('demo', new URL(object).pathname, { headers: { accept: 'text/turtle' } }), 415, 'Unsupported content type'))
    test.each([{}, { 'transfer-encoding': 'chunked' }])('a body that is too large: %j', async (headers) => expectApiError(await post(JSON.stringify({ '@type': 'x'.repeat(SLOT_LIMIT) }), { ...LD, ...headers }), 413, BAD_BODY))

    test.each(['/logistics-objects/nobody', '/logistics-objects/%00', '/logistics-objects/..%2f..', '/logistics-objects/%E0%A4%A', '/action-requests/nobody', '/logistics-objects/nobody/audit-trail', '/nothing', '/../..', '/%2e%2e/x', '/__proto__', `/logistics-objects/${'x'.repeat(4_000)}`])('what there is not: %s', async (path) =>
      expectApiError(await visit('demo', path), 404, 'Resource not found'))

    test.each(['at=yesterday', 'at=20260231T000000Z', 'at=29990101T000000Z', 'at=2026-01-01T00:00:00Z', 'at=', 'at=20260101T000000Z&at=20260101T000000Z', 'embedded=perhaps'])('a query that is bad: %s', async (query) =>
      expectApiError(await visit('demo', `${new URL(object).pathname}?${query}`), 400, 'Invalid query parameter request'))

    test.each([['DELETE', 'object'], ['PUT', 'object'], ['DELETE', '/logistics-objects'], ['POST', '/']])('a method that is not possible: %s %s', async (method, path) => {
      const reply = await visit('demo', path === 'object' ? new URL(object).pathname : path, { method })
      expectApiError(reply, 405, 'Method not allowed')
      expect(reply.headers['allow']).toBeTruthy()
    })

    test('a change that is none', async () => {
      const change = (body: string, headers = LD) => visit('demo', new URL(object).pathname, { method: 'PATCH', headers, body })
      expectApiError(await change('{'), 400, BAD_BODY)
      expectApiError(await change('{}'), 400, BAD_BODY)
      expectApiError(await change(PIECE), 400, BAD_BODY)
      expectApiError(await change('{}', { 'content-type': 'text/plain' }), 415, 'Unsupported content type')
      expectApiError(await visit('demo', '/logistics-objects/nobody', { method: 'PATCH', headers: LD, body: '{}' }), 404, 'Resource not found')
    })
  })
})

describe('what is no event, published straight onto a stream,', () => {
  const METADATA = JSON.stringify({ correlationId: 'x', actor: 'operator' })
  const EVENT = { [HEADER.id]: 'x', [HEADER.type]: 'ClaimRequested', [HEADER.version]: '1', [HEADER.metadata]: METADATA, [HEADER.revision]: '0' }
  const CLAIM = JSON.stringify({ deploymentId: 'poison', name: 'poison', reason: 'create', since: '2026-01-01T00:00:00.000Z', at: '2026-01-01T00:00:00.000Z' })
  const publish = async (subject: string, fields: Readonly<Record<string, string>>, body: string): Promise<void> => {
    const headers = natsHeaders()
    for (const [name, value] of Object.entries(fields)) headers.append(name, value)
    await nats.request(subject, body, { headers, timeout: 5_000 })
  }
  const parked = async (subject: string): Promise<Readonly<Record<string, string>>> => {
    const message = await (await jetstreamManager(nats)).streams.getMessage(STREAM.parked, { last_by_subj: subject })
    return Object.fromEntries(Object.entries(PARKED).map(([name, header]) => [name, message?.header.get(header) ?? '']))
  }

  test('is parked with its reason, and stops nobody', async () => {
    const cases: readonly (readonly [string, Readonly<Record<string, string>>, string, readonly string[], RegExp])[] = [
      ['events.deployment.none', {}, CLAIM, ['provision', 'idle', 'retire'], /Event on events\.deployment\.none/],
      ['events.instance.none', {}, CLAIM, ['cold-start', 'idle'], /Event on events\.instance\.none/],
      ['events.deployment.nojson', EVENT, '{"deploymentId":', ['provision'], /ClaimRequested: .*JSON/],
      ['events.deployment.empty', EVENT, '', ['provision'], /ClaimRequested: .*JSON/],
      ['events.deployment.noversion', { ...EVENT, [HEADER.version]: 'one' }, CLAIM, ['provision'], /version/],
      ['events.deployment.future', { ...EVENT, [HEADER.version]: '99' }, CLAIM, ['provision'], /422 UNKNOWN_EVENT/],
      ['events.deployment.nometadata', { ...EVENT, [HEADER.metadata]: '{"actor":7}' }, CLAIM, ['provision'], /metadata/],
      ['events.deployment.nodata', EVENT, '{"deploymentId":7}', ['provision'], /422 MALFORMED_EVENT/],
      ['events.deployment.nobody', EVENT, CLAIM, ['provision'], /DEPLOYMENT_NOT_FOUND/],
      ['hits.none', {}, '{}', ['cold-start'], /Event on hits\.none/],
      ['timers.due.wake.none', {}, 'x', ['cold-start'], /Event on timers\.due\.wake\.none/],
    ]
    for (const [subject, fields, body] of cases) await publish(subject, { ...fields, ...(fields[HEADER.id] ? { [HEADER.id]: subject } : {}) }, body)
    const made = await api.call<{ id: string }>('POST', '/', { name: 'after' })
    ids['after'] = made.id
    await until('after', 'running')
    expect((await visit('after', '/')).status).toBe(200)
    expect((await visit('away', '/')).status).toBe(200)
    await until('away', 'running')
    await putToSleep('after', 'pause', 'paused')
    expect((await visit('after', '/')).status).toBe(200)
    await until('after', 'running')

    for (const [subject, , , functions, reason] of cases) {
      for (const name of functions) {
        const [category, id] = subject.split('.').slice(-2)
        const letter = await vi.waitFor(() => parked(`parked.${name}.${category}.${id}`), { timeout: 10_000, interval: 100 })
        expect([subject, letter]).toEqual([subject, { group: name, stream: expect.any(String), subject, sequence: expect.stringMatching(/^\d+$/), reason: expect.stringMatching(reason), attempts: '1' }])
      }
    }
  })
})
