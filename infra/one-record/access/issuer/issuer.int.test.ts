import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MinioServer } from '../../../testing/servers.ts'
import { startStore, type Served } from '../../testing/serve.ts'
import { caller, holderOf, holderToken, OWNER, PIECE, serveClosed } from '../testing/closed.ts'
import { seconds } from '../testing/identity-provider.ts'

let minio: MinioServer
let server: Served
beforeAll(async () => {
  minio = await startStore()
  server = await serveClosed(minio)
})
afterAll(async () => {
  await server.stop()
  await minio.stop()
})

/** Asks for a token, as a caller of its own address unless told which. */
let callers = 0
const ask = (form: Readonly<Record<string, string>> | string, headers: Readonly<Record<string, string>> = {}) => fetch(`${server.address}/oauth2/token`, {
  method: 'POST', body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': `192.0.2.${callers++}`, ...headers },
})
const basic = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}` })
const inBody = { grant_type: 'client_credentials', client_id: OWNER.id, client_secret: OWNER.secret }
type Token = { readonly access_token: string; readonly token_type: string; readonly expires_in: number }

describe('the token endpoint', () => {
  test.each([['in the body', inBody, {}], ['by HTTP Basic', { grant_type: 'client_credentials' }, basic(OWNER.id, OWNER.secret)], ['by HTTP Basic, with the id in the body too', { grant_type: 'client_credentials', client_id: OWNER.id }, basic(OWNER.id, OWNER.secret)]] as const)('gives the owner a token, the client’s secret %s', async (_, form, headers) => {
    const answer = await ask(form, headers)
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('content-type')]).toEqual([200, 'no-store', 'application/json'])
    const { access_token: token, token_type: type, expires_in: expires } = await answer.json() as Token
    expect([type, expires]).toEqual(['Bearer', 3_600])
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'JWT', kid: 'test' })
    const claims = decodeJwt(token)
    expect(claims).toMatchObject({ iss: server.base, aud: server.base, logistics_agent_uri: holderOf(server), sub: OWNER.id })
    expect((claims.exp ?? 0) - seconds()).toBeLessThanOrEqual(3_600)
    await caller(server, token).make(PIECE)
  })

  test('makes a token for another server when it is named, and only for that one', async () => {
    const { access_token: token } = await (await ask({ ...inBody, resource: 'http://other.play.test/' })).json() as Token
    expect(decodeJwt(token).aud).toBe('http://other.play.test')
    expect(await caller(server, token).status('GET', '/')).toBe(401)
  })

  test.each([
    ['a wrong secret', { ...inBody, client_secret: 'wrong' }, {}, 401, 'invalid_client'],
    ['an unknown client', { ...inBody, client_id: 'nobody' }, {}, 401, 'invalid_client'],
    ['an id that is long', { ...inBody, client_id: 'x'.repeat(5_000) }, {}, 401, 'invalid_client'],
    ['an empty secret', { ...inBody, client_secret: '' }, {}, 401, 'invalid_client'],
    ['no client', { grant_type: 'client_credentials' }, {}, 401, 'invalid_client'],
    ['a client told twice', inBody, basic(OWNER.id, OWNER.secret), 401, 'invalid_client'],
    ['two different ids', { grant_type: 'client_credentials', client_id: 'x' }, basic(OWNER.id, OWNER.secret), 401, 'invalid_client'],
    ['a broken header', { grant_type: 'client_credentials' }, { authorization: 'Basic !!!' }, 401, 'invalid_client'],
    ['another kind of grant', { ...inBody, grant_type: 'password' }, {}, 400, 'unsupported_grant_type'],
    ['no kind of grant', { client_id: OWNER.id, client_secret: OWNER.secret }, {}, 400, 'invalid_request'],
    ['a field told twice', `${new URLSearchParams(inBody).toString()}&client_id=x`, {}, 400, 'invalid_request'],
    ['a body that is JSON', JSON.stringify(inBody), { 'content-type': 'application/json' }, 400, 'invalid_request'],
    ['a body that is huge', { ...inBody, x: 'x'.repeat(10_000) }, {}, 400, 'invalid_request'],
    ['a server that is no address', { ...inBody, resource: 'file:///etc/passwd' }, {}, 400, 'invalid_target'],
  ] as const)('refuses %s as RFC 6749 has it', async (_, form, headers, status, error) => {
    const answer = await ask(form, headers)
    expect([answer.status, await answer.json()]).toEqual([status, { error, error_description: expect.any(String) as unknown }])
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Basic realm="ONE Record"' : null)
  })

  test('slows who guesses a secret, and nobody else', async () => {
    const from = { 'x-forwarded-for': '198.51.100.1' }
    const statuses: number[] = []
    for (let n = 0; n < 100 && statuses.at(-1) !== 429; n++) statuses.push((await ask({ ...inBody, client_secret: `guess ${n}` }, from)).status)
    expect([statuses.slice(0, 10), statuses.at(-1)]).toEqual([Array.from({ length: 10 }, () => 401), 429])
    const slowed = await ask(inBody, from)
    expect([slowed.status, Number(slowed.headers.get('retry-after')) > 0]).toEqual([429, true])
    expect((await ask(inBody)).status).toBe(200)
  })
})

test('keys and discovery are for everybody, and the key set holds nothing secret', async () => {
  const set = await (await fetch(`${server.address}/.well-known/jwks.json`)).json() as { readonly keys: readonly Record<string, string>[] }
  expect(set.keys.map((key) => Object.keys(key).toSorted())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']])
  for (const name of ['openid-configuration', 'oauth-authorization-server']) {
    expect(await (await fetch(`${server.address}/.well-known/${name}`)).json()).toMatchObject({ issuer: server.base, token_endpoint: `${server.base}/oauth2/token`, jwks_uri: `${server.base}/.well-known/jwks.json` })
  }
})

describe('a client for a partner without an identity provider', () => {
  const AGENT = 'https://trucker.test/logistics-objects/trucker'
  type Shown = { readonly id: string; readonly secret?: string }
  const tokenOf = async ({ id, secret = '' }: Shown) => ask({ grant_type: 'client_credentials', client_id: id, client_secret: secret })

  test('is made by the holder; its secret is shown once, works until it is rotated, and its tokens until it is removed', async () => {
    const holder = caller(server, await holderToken(server))
    const made = await (await holder.must(201, 'POST', '/holder/clients', { name: 'Trucker', agent: AGENT })).json() as Shown
    const { access_token: token } = await (await tokenOf(made)).json() as Token
    expect(decodeJwt(token)['logistics_agent_uri']).toBe(AGENT)
    const partner = caller(server, token)
    expect(await partner.status('GET', '/')).toBe(200)
    expect(await partner.status('POST', '/logistics-objects', PIECE)).toBe(403)

    const listed = JSON.stringify([await holder.json('/holder/clients'), await holder.json(`/holder/clients/${made.id}`)])
    expect(listed).toContain(made.id)
    expect(listed).not.toMatch(new RegExp(`ecret|${made.secret}`))

    const rotated = await (await holder.must(200, 'POST', `/holder/clients/${made.id}/secret`)).json() as Shown
    expect((await tokenOf(made)).status).toBe(401)
    expect((await tokenOf(rotated)).status).toBe(200)

    await holder.must(204, 'DELETE', `/holder/clients/${made.id}`)
    expect((await tokenOf(rotated)).status).toBe(401)
    expect(await partner.status('GET', '/')).toBe(401)
    expect(await holder.status('DELETE', `/holder/clients/${made.id}`)).toBe(404)
  })

  test.each([[{}], [{ name: 'x' }], [{ name: 'x', agent: 'nobody' }], [{ name: '', agent: AGENT }], [{ name: 'x', agent: AGENT, secret: 'my own' }], [[]], ['nothing']])('is not made of %j', async (body) => {
    const answer = await caller(server, await holderToken(server)).send('POST', '/holder/clients', JSON.stringify(body), { 'content-type': 'application/json' })
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ '@type': 'api:Error', 'api:hasTitle': 'Invalid body request' })])
  })
})
