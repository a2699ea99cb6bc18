import { createHmac, createPublicKey } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { MinioServer } from '../../../testing/servers.ts'
import { startStore, type Served } from '../../testing/serve.ts'
import { signToken } from '../issuer/sign.ts'
import { caller, holderOf, holderToken, OWNER, serveClosed } from '../testing/closed.ts'
import { seconds, startIdentityProvider, type IdentityProvider } from '../testing/identity-provider.ts'

const AGENT = 'https://airline.test/logistics-objects/airline'
let minio: MinioServer
let provider: IdentityProvider
let limited: IdentityProvider
let stranger: IdentityProvider
let server: Served
beforeAll(async () => {
  minio = await startStore()
  ;[provider, limited, stranger] = await Promise.all([startIdentityProvider(), startIdentityProvider(), startIdentityProvider()])
  server = await serveClosed(minio, {
    trust: [{ issuer: provider.issuer, jwksUri: null, agents: null }, { issuer: limited.issuer, jwksUri: `${limited.issuer}/keys`, agents: ['https://forwarder.test', 'https://gha.test/logistics-objects/gha'] }],
  })
})
afterAll(async () => {
  await server.stop()
  await Promise.all([provider, limited, stranger].map((each) => each.stop()))
  await minio.stop()
})
const closers: (() => void)[] = []
afterEach(() => closers.splice(0).forEach((close) => close()))

/** Asks as a caller of its own address, so that the failures of one test slow no other. */
let callers = 0
const ask = (token: string | null, headers: Readonly<Record<string, string>> = {}) => caller(server, token).send('GET', '/', undefined, { 'x-forwarded-for': `192.0.2.${callers++}`, ...headers })
const refusal = async (token: string | null, headers: Readonly<Record<string, string>> = {}) => {
  const answer = await ask(token, headers)
  const body = await answer.json() as { readonly 'api:hasTitle': string; readonly 'api:hasErrorDetail': readonly { readonly 'api:hasCode': string; readonly 'api:hasMessage': string }[] }
  const [detail] = body['api:hasErrorDetail']
  expect([answer.status, body['api:hasTitle'], detail?.['api:hasCode']]).toEqual([401, 'Not authenticated or expired token', '401'])
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="ONE Record"/)
  expect(answer.headers.get('content-type')).toContain('application/ld+json')
  return { says: detail?.['api:hasMessage'] ?? '', challenge: answer.headers.get('www-authenticate') }
}
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const good = () => ({ iss: provider.issuer, iat: seconds(), exp: seconds() + 300, logistics_agent_uri: AGENT })

describe('a token is taken', () => {
  test.each([['RS256'], ['PS256'], ['ES256'], ['ES384'], ['EdDSA']] as const)('signed by %s with a key of a trusted issuer', async (alg) => {
    const own = await startIdentityProvider()
    own.setKeys([alg, 'k'])
    const other = await serveClosed(minio, { trust: [{ issuer: own.issuer, jwksUri: null, agents: null }] })
    closers.push(() => void Promise.all([own.stop(), other.stop()]))
    expect(await caller(other, await own.token(AGENT)).status('GET', '/')).toBe(200)
  })

  test('by its issuer’s discovery document, asked once for many tokens', async () => {
    for (let n = 0; n < 5; n++) expect((await ask(await provider.token(AGENT, { n }))).status).toBe(200)
    expect(provider.asked).toEqual(['/.well-known/openid-configuration', '/keys'])
  })

  test('without a kid, by trying the keys that fit', async () => {
    const own = await startIdentityProvider()
    own.setKeys(['RS256', 'a'], ['RS256', 'b'])
    const other = await serveClosed(minio, { trust: [{ issuer: own.issuer, jwksUri: null, agents: null }] })
    closers.push(() => void Promise.all([own.stop(), other.stop()]))
    for (const pair of own.pairs()) expect(await caller(other, await own.token(AGENT, {}, { kid: undefined }, pair)).status('GET', '/')).toBe(200)
  })

  test('within a minute of its begin and end, since clocks differ', async () => {
    for (const claims of [{ exp: seconds() - 30 }, { nbf: seconds() + 30 }, { iat: seconds() + 30 }]) expect((await ask(await provider.token(AGENT, claims))).status).toBe(200)
  })

  test('from an issuer that may speak for some agents only, for those', async () => {
    for (const agent of ['https://forwarder.test/logistics-objects/1', 'https://gha.test/logistics-objects/gha']) expect((await ask(await limited.token(agent))).status).toBe(200)
  })
})

describe('a token is refused', () => {
  const claimed = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) => () => provider.token(AGENT, claims, header)
  const cases: readonly (readonly [string, () => Promise<string> | string, RegExp])[] = [
    ['that has expired', claimed({ exp: seconds() - 120 }), /expired/],
    ['without an end', claimed({ exp: undefined }), /exp must be a number/],
    ['whose end is a text, as an example of the standard has it', () => `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...good(), exp: '2033-03-01T10:38:01.000Z' })}.eA`, /exp must be a number/],
    ['that is not valid yet', claimed({ nbf: seconds() + 120 }), /not valid yet/],
    ['that was issued in the future', claimed({ iat: seconds() + 120 }), /in the future/],
    ['without an issuer', claimed({ iss: undefined }), /names no issuer/],
    ['without an agent', () => provider.token(undefined), /no logistics agent/],
    ['whose agent is no web address', () => provider.token('urn:airline'), /no logistics agent/],
    ['whose agent is relative', () => provider.token('/logistics-objects/airline'), /no logistics agent/],
    ['whose agent climbs out of its path', () => limited.token('https://forwarder.test/../gha'), /no logistics agent/],
    ['whose agent is a list', () => provider.token([AGENT]), /no logistics agent/],
    ['that is unsigned', () => `${part({ alg: 'none', typ: 'JWT' })}.${part(good())}.`, /Authorization|asymmetric/],
    ['that is unsigned in other letters', () => `${part({ alg: 'nOnE', typ: 'JWT' })}.${part(good())}.eA`, /asymmetric/],
    ['that does not say it is a JWT', claimed({}, { typ: undefined }), /typ/],
    ['with a critical header nobody knows', () => `${part({ alg: 'RS256', typ: 'JWT', kid: 'first', crit: ['exp2'], exp2: 1 })}.${part(good())}.eA`, /signature/],
    ['of another issuer', () => stranger.token(AGENT), /not trusted/],
    ['of a trusted issuer signed by another', () => stranger.token(AGENT, { iss: provider.issuer }), /key that its issuer does not have|signature/],
    ['for an agent that its issuer may not speak for', () => limited.token(AGENT), /not trusted/],
    ['for an agent that only looks like one its issuer may speak for', () => limited.token('https://forwarder.test.evil.test/logistics-objects/1'), /not trusted/],
    ['of another issuer for the holder itself', () => provider.token(holderOf(server)), /not trusted/],
    ['of garbage', () => 'not-a-token', /no JSON Web Token/],
    ['of garbage in three parts', () => 'a.b.c', /no JSON Web Token/],
    ['that is an array', () => `${part([])}.${part([])}.eA`, /./],
    ['that is huge', () => `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...good(), x: 'x'.repeat(9_000) })}.eA`, /too long/],
  ]
  test.each(cases)('%s', async (_, token, says) => expect((await refusal(await token())).says).toMatch(says))

  test('that is missing, with a challenge that says no more', async () => {
    expect((await refusal(null)).challenge).toBe('Bearer realm="ONE Record"')
    expect((await refusal(null, { authorization: 'Basic b3duZXI6eA==' })).challenge).toContain('invalid_request')
    expect((await refusal(null, { authorization: 'Bearer' })).challenge).toContain('invalid_request')
    expect((await refusal('a.b.c')).challenge).toContain('invalid_token')
  })

  test('in the address, where it would be logged', async () => {
    const token = await provider.token(AGENT)
    expect(await caller(server, null).status('GET', `/?access_token=${token}`)).toBe(401)
  })

  test('that is signed by HS256 with the issuer’s public key as the secret', async () => {
    const [pair] = provider.pairs()
    const pem = createPublicKey(pair?.publicKey.export({ format: 'pem', type: 'spki' }) ?? '').export({ format: 'pem', type: 'spki' })
    const signed = `${part({ alg: 'HS256', typ: 'JWT', kid: 'first' })}.${part(good())}`
    expect((await refusal(`${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`)).says).toMatch(/asymmetric/)
  })

  test('that was changed after it was signed', async () => {
    const [header, , signature] = (await provider.token(AGENT)).split('.')
    expect((await refusal(`${header}.${part({ ...good(), logistics_agent_uri: 'https://airline.test/logistics-objects/other' })}.${signature}`)).says).toMatch(/signature/)
  })

  test.each(['../../../etc/passwd', '/dev/null', 'first; drop table', 'x'.repeat(500), '__proto__'])('whose kid is %.20s: a name to look up, and nothing has it', async (kid) => {
    expect((await refusal(await provider.token(AGENT, {}, { kid }))).says).toMatch(/key that its issuer does not have/)
  })

  test('that brings or names its own key, which is never fetched', async () => {
    const fetched: string[] = []
    const attacker = createServer((request, response) => void (fetched.push(request.url ?? ''), response.end(JSON.stringify({ keys: stranger.pairs().map(({ publicKey, kid }) => ({ ...publicKey.export({ format: 'jwk' }), kid })) }))))
    await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve))
    closers.push(() => void attacker.close())
    const url = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/keys`
    const [pair] = stranger.pairs()
    for (const header of [{ jku: url }, { x5u: url }, { jwk: pair?.publicKey.export({ format: 'jwk' }) }, { jku: url, kid: 'attacker' }]) {
      expect((await refusal(await stranger.token(AGENT, { iss: provider.issuer }, header))).says).toMatch(/signature|key that its issuer does not have/)
    }
    expect(fetched).toEqual([])
  })

  test('that is of this deployment but for another one, or for a client that is not known', async () => {
    const sign = (client: string, audience: string) => signToken(server.claim, { client, agent: holderOf(server), audience })
    expect((await ask(await sign(OWNER.id, server.base))).status).toBe(200)
    expect((await refusal(await sign(OWNER.id, 'http://other.play.test'))).says).toMatch(/somebody else/)
    expect((await refusal(await sign('nobody', server.base))).says).toMatch(/not known/)
    const forAnother = await signToken(server.claim, { client: OWNER.id, agent: AGENT, audience: server.base })
    expect((await refusal(forAnother)).says).toMatch(/not known/)
  })
})

test('whose keys lie at an inner address is not asked, nor after a redirect to one', async () => {
  const redirecting = await startIdentityProvider()
  const inner = await startIdentityProvider()
  redirecting.answers({ status: 302, headers: { location: `${inner.issuer}/keys` } })
  const other = await serveClosed(minio, {
    trust: [
      { issuer: 'https://inner.test', jwksUri: `${inner.issuer}/keys`, agents: null }, { issuer: 'https://metadata.test', jwksUri: 'http://169.254.169.254/latest/meta-data', agents: null },
      { issuer: 'https://redirecting.test', jwksUri: `${redirecting.issuer}/keys`, agents: null },
    ],
  }, { outboundAllow: `127.0.0.1:${new URL(redirecting.issuer).port}` })
  closers.push(() => void Promise.all([redirecting.stop(), inner.stop(), other.stop()]))
  for (const iss of ['https://inner.test', 'https://metadata.test', 'https://redirecting.test']) expect(await caller(other, await inner.token(AGENT, { iss })).status('GET', '/')).toBe(401)
  expect([inner.asked, redirecting.asked]).toEqual([[], ['/keys']])
})

test('while an issuer is away its known keys are used; of one that never answered nothing is known, and it may come back', async () => {
  const away = await startIdentityProvider()
  away.answers({ status: 503 })
  const other = await serveClosed(minio, { trust: [{ issuer: away.issuer, jwksUri: null, agents: null }] })
  closers.push(() => void other.stop())
  const answer = await caller(other, await away.token(AGENT)).send('GET', '/')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  expect((await ask(await provider.token(AGENT))).status).toBe(200)
  provider.answers({ status: 503 })
  expect((await ask(await provider.token(AGENT, { n: 'later' }))).status).toBe(200)
  provider.answers()
  await away.stop()
})

test('tokens of no good are slowed for who sends them, and for nobody else', async () => {
  // whatever it says itself stands before what the edge says
  for (const from of ['198.51.100.7', 'made up, 198.51.100.7']) {
    const statuses = [401]
    for (let n = 0; n < 200 && statuses.at(-1) === 401; n++) {
      const answer = await ask('a.b.c', { 'x-forwarded-for': from })
      statuses.push(answer.status)
      expect(Number(answer.headers.get('retry-after')) > 0).toBe(answer.status === 429)
    }
    expect(statuses.at(-1)).toBe(429)
  }
  expect((await ask(await holderToken(server))).status).toBe(200)
})

test('an agent that asks more often than it may waits; others do not, and the platform hears of it', async () => {
  const other = await serveClosed(minio, { trust: [{ issuer: provider.issuer, jwksUri: null, agents: null }] }, { limits: { ...server.claim.limits, requestsPerMinute: 1 } })
  closers.push(() => void other.stop())
  const token = await provider.token(AGENT)
  const answers = await Promise.all(Array.from({ length: 8 }, () => caller(other, token).send('GET', '/')))
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 429, 429, 429, 429, 429, 429, 429])
  const refused = answers.find(({ status }) => status === 429)
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused?.json()).toMatchObject({ '@type': 'api:Error' })
  expect(await caller(other, await provider.token('https://airline.test/logistics-objects/other')).status('GET', '/')).toBe(200)
  expect(other.application.report().limited).toEqual(['requestsPerMinute'])
})

test('nothing of a token is ever written to the log', async () => {
  const written: string[] = []
  const write = process.stderr.write.bind(process.stderr)
  process.stderr.write = ((text: string | Uint8Array) => (written.push(String(text)), true)) as typeof process.stderr.write
  const tokens = [await provider.token(AGENT), await stranger.token(AGENT), `${await provider.token(AGENT)}x`, 'a.b.c']
  try {
    for (const token of tokens) await ask(token)
  } finally {
    process.stderr.write = write
  }
  for (const token of tokens) expect(written.join('')).not.toContain(token)
})
