import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { decodeJwt } from 'jose'
import type { MinioServer } from '../../testing/servers.ts'
import { CARGO } from '../namespaces.ts'
import { subscription } from '../notifications/testing/town.ts'
import type { AttachedRecord } from '../store/record.ts'
import { claimOn, serve, startStore, type Served } from '../testing/serve.ts'
import { openEmpty } from '../testing/store.ts'
import { openRemote, type Remote } from './client.ts'
import { putConnection, type Connection } from './connections.ts'
import { seal } from './seal.ts'

let minio: MinioServer
let record: AttachedRecord
beforeAll(async () => {
  minio = await startStore()
  record = await openEmpty(claimOn(minio))
})
afterAll(() => minio.stop())

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const HOLDER = 'http://demo.play.test/logistics-objects/_data-holder'
const claim = { ...claimOn({ url: 'http://127.0.0.1:1' } as MinioServer), outboundAllow: '' }
const remote = (options: Partial<Parameters<typeof openRemote>[0]> = {}): Remote => {
  const made = openRemote({ claim, holder: HOLDER, reader: () => record.reader(), ...options })
  closers.push(made.closeSockets)
  return made
}
const listen = async (handler: RequestListener): Promise<number> => {
  const server: Server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))))
  return (server.address() as AddressInfo).port
}
const text = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
const connect = (connection: Partial<Connection> & { readonly agent: string }) =>
  record.write(async (tx) => putConnection(tx, { endpoint: null, credentials: null, acceptsSubscriptions: false, ...connection }))
const BODY = Buffer.from('{}')

test.each([
  'http://169.254.169.254', 'http://10.0.0.1', 'http://192.168.1.1', 'http://127.0.0.1', 'http://[::1]', 'http://[::ffff:10.0.0.1]', 'http://2130706433', 'http://localhost', 'http://minio.internal', 'http://0.0.0.0',
  'http://100.64.0.1', 'http://[fd00::1]',
])('an agent on %s is not called', async (origin) => {
  expect(await remote().notify(`${origin}/logistics-objects/1`, 'id', BODY)).toMatchObject({ kind: 'refused' })
  const agent = `https://partner.test/logistics-objects/${encodeURIComponent(origin)}`
  await connect({ agent, endpoint: origin })
  expect(await remote().notify(agent, 'id', BODY)).toMatchObject({ kind: 'refused' })
})

test('a name that becomes an inner address when it is called is not called, however often it changes', async () => {
  let calls = 0
  const port = await listen((_, response) => void (calls++, response.writeHead(204).end()))
  const answers = [['203.0.113.7', '127.0.0.1'], ['127.0.0.1'], ['169.254.169.254']]
  const names: string[] = []
  const rebinding = remote({ claim: { ...claim, outboundAllow: `:${port}` }, resolve: async ({ host }) => (names.push(host), answers.shift() ?? []) })
  for (let time = 0; time < 3; time += 1) expect(await rebinding.notify(`http://rebind.example:${port}/logistics-objects/1`, 'id', BODY)).toMatchObject({ kind: 'refused' })
  expect([names.length, calls]).toEqual([3, 0])
})

test('a redirect is an answer, not a way', async () => {
  let reached = 0
  const inner = await listen((_, response) => void (reached++, response.writeHead(204).end()))
  const port = await listen((_, response) => void response.writeHead(307, { location: `http://127.0.0.1:${inner}/notifications` }).end())
  expect(await remote({ claim: { ...claim, outboundAllow: `127.0.0.1:${port}` } }).notify(`http://127.0.0.1:${port}/logistics-objects/1`, 'id', BODY)).toMatchObject({ kind: 'answered', status: 307 })
  expect(reached).toBe(0)
})

test('this server does not call itself, nor what is no web address', async () => {
  expect(await remote().notify(`${claim.baseUrl}/logistics-objects/somebody`, 'id', BODY)).toMatchObject({ kind: 'refused', reason: expect.stringContaining('itself') as unknown })
  expect(await remote().notify('urn:uuid:1', 'id', BODY)).toMatchObject({ kind: 'refused' })
})

test('a partner without an identity provider gets a token of this server\'s own key, for it alone, made once', async () => {
  const tokens: string[] = []
  const port = await listen((request, response) => void (tokens.push(request.headers.authorization ?? ''), response.writeHead(204).end()))
  const allowed = remote({ claim: { ...claim, outboundAllow: '127.0.0.1/32' } })
  for (let time = 0; time < 2; time += 1) expect(await allowed.notify(`http://127.0.0.1:${port}/path/logistics-objects/1`, 'id', BODY)).toMatchObject({ status: 204 })
  expect(new Set(tokens).size).toBe(1)
  expect(decodeJwt(tokens[0]?.replace('Bearer ', '') ?? '')).toMatchObject({ iss: claim.baseUrl, logistics_agent_uri: HOLDER, aud: `http://127.0.0.1:${port}/path` })
})

test('for a partner with an identity provider the token is fetched there, kept, and fetched once more when it is not taken', async () => {
  const asked: { readonly authorization: string | undefined; readonly form: string }[] = []
  const seen: string[] = []
  const issuer = await listen((request, response) => void text(request).then((form) => {
    asked.push({ authorization: request.headers.authorization, form })
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: `token-${asked.length}`, token_type: 'Bearer', expires_in: 3_600 }))
  }))
  let valid = 'Bearer token-1'
  const port = await listen((request, response) => void (seen.push(request.headers.authorization ?? ''), response.writeHead(request.headers.authorization === valid ? 204 : 401).end()))
  const agent = 'https://airline.test/logistics-objects/org'
  const sealedSecret = seal('pass:wörd', claim.access.signingKey)
  await connect({ agent, endpoint: `http://127.0.0.1:${port}`, credentials: { tokenEndpoint: `http://127.0.0.1:${issuer}/token`, clientId: 'me', sealedSecret, scope: 'one-record' } })
  const allowed = remote({ claim: { ...claim, outboundAllow: '127.0.0.1/32' } })
  const notify = async () => {
    const outcome = await allowed.notify(agent, 'id', BODY)
    return outcome.kind === 'answered' ? outcome.status : outcome
  }
  expect([await notify(), await notify()]).toEqual([204, 204])
  expect(asked).toEqual([{ authorization: `Basic ${Buffer.from(`me:${encodeURIComponent('pass:wörd')}`).toString('base64')}`, form: 'grant_type=client_credentials&scope=one-record' }])
  valid = 'Bearer token-2'
  expect(await notify()).toBe(204)
  valid = 'Bearer none'
  expect(await notify()).toBe(401)
  expect(seen.slice(2)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2', 'Bearer token-3'])

  await connect({ agent, endpoint: `http://127.0.0.1:${port}`, credentials: { tokenEndpoint: `http://127.0.0.1:${issuer}/token`, clientId: 'me', sealedSecret: 'AAAA', scope: null } })
  expect(await notify()).toMatchObject({ kind: 'unreachable', reason: expect.stringContaining('give it again') as unknown })
})

test('what a served record owes to an inner address waits with the reason, and a slot that only waits is quiet and says until when', async () => {
  const served: Served = await serve(minio, { settings: { outboundAllow: '' } })
  closers.push(() => served.stop())
  const post = async (path: string, body: unknown) => {
    const answer = await fetch(served.address + path, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: JSON.stringify(body) })
    expect(answer.status).toBe(201)
  }
  await post('/subscriptions', subscription('http://169.254.169.254/logistics-objects/1', `${CARGO}Piece`))
  await post('/logistics-objects', { '@context': { cargo: CARGO }, '@type': 'cargo:Piece' })
  const owed = async () => ((await (await fetch(`${served.address}/holder/outbox`)).json()) as { items: readonly { reason: string | null; failures: number; dueAt: string }[] }).items
  await vi.waitFor(async () => expect(await owed()).toEqual([expect.objectContaining({ reason: 'not called: 169.254.169.254 is not a public address (link-local)', failures: expect.toSatisfy((count: number) => count >= 3) as unknown })]), { timeout: 60_000, interval: 50 })
  const answer = await vi.waitUntil(async () => {
    const said = await served.application.quiesce()
    return said.state === 'quiet' ? said : null
  }, { timeout: 60_000, interval: 50 })
  served.application.resume()
  const [item] = await owed()
  expect(Date.parse(answer.dueAt ?? '')).toBeLessThanOrEqual(Date.parse(item?.dueAt ?? ''))
  expect(answer.dueAt).not.toBeNull()
})
