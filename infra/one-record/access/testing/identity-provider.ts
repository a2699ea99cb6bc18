import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT, type JWTPayload } from 'jose'

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'EdDSA'
type SigningPair = { readonly kid: string; readonly alg: Algorithm; readonly privateKey: KeyObject; readonly publicKey: KeyObject }

const pairOf = (alg: Algorithm, kid: string): SigningPair => {
  const pair = alg === 'EdDSA' ? generateKeyPairSync('ed25519')
    : alg === 'ES256' || alg === 'ES384' ? generateKeyPairSync('ec', { namedCurve: alg === 'ES256' ? 'P-256' : 'P-384' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { kid, alg, ...pair }
}

export const seconds = (): number => Math.floor(Date.now() / 1_000)

/** An identity provider on a port of its own, with a discovery document and a key set that can be changed. */
export const startIdentityProvider = async () => {
  const asked: string[] = []
  let pairs = [pairOf('RS256', 'first')]
  let answer: { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> } = { status: 200 }
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    if (answer.body !== undefined || answer.status !== 200) return response.end(answer.body)
    if (request.url === '/.well-known/openid-configuration') return response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }))
    return response.end(JSON.stringify({ keys: pairs.map(({ publicKey, kid, alg }) => ({ ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' })) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    issuer,
    /** Paths that were asked for. */
    asked,
    pairs: () => pairs,
    setKeys: (...keys: readonly (readonly [alg: Algorithm, kid: string])[]) => void (pairs = keys.map(([alg, kid]) => pairOf(alg, kid))),
    /** What it answers from now on, whatever is asked; nothing: what it should. */
    answers: (next: typeof answer = { status: 200 }) => void (answer = next),
    /** A token for an agent, good unless told otherwise; claims and header fields that are `undefined` are left out. */
    token: (agent: unknown, claims: JWTPayload = {}, header: Record<string, unknown> = {}, pair = pairs[0] ?? pairOf('RS256', 'none')): Promise<string> => {
      const all = { iss: issuer, iat: seconds(), exp: seconds() + 300, logistics_agent_uri: agent, ...claims }
      const fields = { alg: pair.alg, typ: 'JWT', kid: pair.kid, ...header }
      return new SignJWT(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
        .setProtectedHeader(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as typeof fields)
        .sign(pair.privateKey)
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
export type IdentityProvider = Awaited<ReturnType<typeof startIdentityProvider>>
