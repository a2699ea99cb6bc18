import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Application, Claim } from '../../slot/port.ts'
import type { MinioServer } from '../../testing/servers.ts'
import { oneRecordApplication } from '../application.ts'
import { claimOn, startStore } from '../testing/serve.ts'
import { signToken } from './issuer/sign.ts'
import { closedSettings, holderOf, OWNER, PIECE } from './testing/closed.ts'

/** Two deployments behind one door that goes by the host's name, as the edge does. */
let minio: MinioServer
let port: number
const asked: string[] = []
const applications = new Map<string, Application>()
const door = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  asked.push(`${request.headers.host}${request.url}`)
  const application = applications.get((request.headers.host ?? '').split('.')[0] ?? '')
  if (application) void application.handle(request, response)
  else response.writeHead(404).end()
})
const claims = new Map<string, Claim>()
beforeAll(async () => {
  minio = await startStore()
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  port = (door.address() as AddressInfo).port
  for (const name of ['alpha', 'beta']) {
    const claim: Claim = { ...claimOn(minio, { settings: closedSettings({}, { outboundAllow: '', platform: { domain: 'play.localhost', scheme: 'http', port } }) }), name, baseUrl: `http://${name}.play.localhost:${port}` }
    const application = oneRecordApplication()
    await application.attach(claim)
    applications.set(name, application)
    claims.set(name, claim)
  }
})
afterAll(async () => {
  door.closeAllConnections()
  await new Promise((resolve) => door.close(resolve))
  for (const application of applications.values()) await application.quiesce()
  await minio.stop()
})
const claimOf = (name: string): Claim => claims.get(name) ?? claimOn(minio)
const base = (name: string): string => `http://${name}.play.localhost:${port}`

/** Names below localhost are not known to every system: the address is ours, and the name goes in the header. */
const at = (name: string, token: string) => (method: string, iri: string, body?: unknown) =>
  new Promise<{ readonly status: number | undefined; readonly headers: IncomingHttpHeaders }>((resolve, reject) => {
    const headers = { host: `${name}.play.localhost:${port}`, authorization: `Bearer ${token}`, 'content-type': 'application/ld+json' }
    const sent = request({ host: '127.0.0.1', port, method, path: iri.replace(base(name), ''), headers }, (response) => {
      response.resume().once('end', () => resolve({ status: response.statusCode, headers: response.headers }))
    })
    sent.once('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
const tokenFrom = async (name: string, audience: string, agent = holderOf({ base: base(name) })): Promise<string> => signToken(claimOf(name), { client: OWNER.id, agent, audience: base(audience) })

test('two deployments of one playground take each other’s tokens, and deny by default', async () => {
  for (const [from, to] of [['alpha', 'beta'], ['beta', 'alpha']] as const) {
    const token = await tokenFrom(from, to)
    expect((await at(to, token)('GET', '/')).status).toBe(200)
    expect((await at(to, token)('GET', '/logistics-objects/_data-holder')).status).toBe(404)
    expect((await at(to, token)('POST', '/logistics-objects', PIECE)).status).toBe(403)
    expect(asked).toContain(`${from}.play.localhost:${port}/.well-known/jwks.json`)
  }
})

test('one grants the other what it asked for, in one request that the holder accepts', async () => {
  const holder = at('beta', await tokenFrom('beta', 'beta'))
  const piece = (await holder('POST', '/logistics-objects', PIECE)).headers.location ?? ''
  const alpha = at('beta', await tokenFrom('alpha', 'beta'))
  expect((await alpha('GET', piece)).status).toBe(404)
  const asking = await alpha('POST', '/access-delegations', {
    '@context': { api: 'https://onerecord.iata.org/ns/api#' }, '@type': 'api:AccessDelegation', 'api:hasPermission': { '@id': 'api:GET_LOGISTICS_OBJECT' },
    'api:isRequestedFor': { '@id': holderOf({ base: base('alpha') }) }, 'api:hasLogisticsObject': { '@id': piece },
  })
  expect([asking.status, asking.headers['type']]).toEqual([201, 'https://onerecord.iata.org/ns/api#AccessDelegationRequest'])
  const location = asking.headers.location ?? ''
  expect((await holder('PATCH', `${location}?status=REQUEST_ACCEPTED`)).status).toBe(204)
  expect((await alpha('GET', piece)).status).toBe(200)
})

test('a sibling speaks for no agent but those below its own address', async () => {
  for (const agent of [holderOf({ base: base('beta') }), 'https://airline.test/logistics-objects/airline', `http://alpha.play.localhost:${port}1/x`]) {
    expect((await at('beta', await tokenFrom('alpha', 'beta', agent))('GET', '/')).status).toBe(401)
  }
})

test('a token that was sent to one deployment is good at no other', async () => {
  expect((await at('beta', await tokenFrom('alpha', 'alpha'))('GET', '/')).status).toBe(401)
})

test('a name that nobody has is no issuer', async () => {
  const claim = { ...claimOf('alpha'), baseUrl: base('gamma') }
  const token = await signToken(claim, { client: OWNER.id, agent: `${base('gamma')}/logistics-objects/x`, audience: base('beta') })
  expect((await at('beta', token)('GET', '/')).status).toBe(401)
})
