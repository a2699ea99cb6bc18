import type { IncomingMessage } from 'node:http'
import { createLocalJWKSet } from 'jose/jwks/local'
import type { Claim, Limits } from '../../../slot/port.ts'
import { unavailable } from '../../http/api-error.ts'
import type { Reader } from '../../store/port.ts'
import { agentOfClient } from '../clients/clients.ts'
import { publicKey } from '../issuer/sign.ts'
import { partnerOf } from '../partners/partners.ts'
import type { Agent } from '../port.ts'
import { rateLimit } from '../rate.ts'
import { tooMany, unauthenticated } from '../refusals.ts'
import { trustedIssuers, type Trust } from './issuers.ts'
import { keySets, KeysUnavailable, type FetchJson } from './key-sets.ts'
import { InvalidToken, readToken, SKEW, verifySignature, type Claims } from './verify.ts'

/** Tokens remembered as verified, and for how long at most, seconds. */
const REMEMBERED = { tokens: 256, seconds: 60 }
/** Tokens that are no good, by address of the caller. */
const FAILURES = { perMinute: 20, burst: 40 }

type Options = { readonly claim: Pick<Claim, 'baseUrl' | 'access' | 'platform' | 'limits'>; readonly holder: string; readonly reader: () => Reader; readonly fetchJson: FetchJson; noteLimit(limit: keyof Limits): void }

/** Says who asks, by the bearer token of the request (API 2.3.0, Authentication; RFC 6750; RFC 7519; RFC 8725). */
export const authenticator = ({ claim, holder, reader, fetchJson, noteLimit }: Options) => {
  const { baseUrl } = claim
  const issuers = trustedIssuers(claim)
  const keysOf = keySets(fetchJson)
  const ownKeys = createLocalJWKSet({ keys: [publicKey(claim.access.signingKey)] })
  const failures = rateLimit(FAILURES)
  const requests = rateLimit({ perMinute: claim.limits.requestsPerMinute })
  const verified = new Map<string, { readonly agent: string; readonly until: number }>()
  const audiences = [baseUrl, `${baseUrl}/`]
  let changes = 0

  const verifyOwn = async (token: string, claims: Claims, now: number): Promise<void> => {
    // who lost its client has lost its tokens
    const agent = claims.client === null ? null : await agentOfClient(reader(), { ...claim.access.client, agent: holder }, claims.client)
    // nothing in the record makes anybody the holder: what was written while the deployment was open could
    const isPretending = claims.agent === holder && claims.client !== claim.access.client.id
    if (agent !== claims.agent || isPretending) throw new InvalidToken('The client of the token is not known here any more.')
    await verifySignature(token, ownKeys, { issuer: baseUrl, audiences, now })
  }
  const verifyOther = async (token: string, { issuer, agent, kid }: Claims, now: number): Promise<void> => {
    const vouched = agent === holder ? null : await partnerOf(reader(), agent)
    const trust: Trust | null = issuers.trust(issuer, agent, vouched)
    if (!trust) throw new InvalidToken('The issuer of the token is not trusted here to speak for its logistics agent.')
    const keys = await keysOf(trust, kid, issuers.isNamed(issuer, vouched))
    await verifySignature(token, keys, { issuer, audiences: trust.isSibling ? audiences : null, now })
  }
  const verify = async (token: string): Promise<string> => {
    const now = Date.now() / 1_000
    const known = verified.get(token)
    if (known && known.until > now) return known.agent
    const claims = readToken(token, now)
    const before = changes
    await (claims.issuer === baseUrl ? verifyOwn : verifyOther)(token, claims, now)
    verified.delete(token)
    // what it was judged by has changed meanwhile: good for this once
    if (changes !== before) return claims.agent
    verified.set(token, { agent: claims.agent, until: Math.min(claims.expires + SKEW, now + REMEMBERED.seconds) })
    const [oldest] = verified.keys()
    if (verified.size > REMEMBERED.tokens && oldest !== undefined) verified.delete(oldest)
    return claims.agent
  }

  const limited = (agent: Agent): Agent => {
    const wait = requests.take(agent.uri)
    if (wait === null) return agent
    noteLimit('requestsPerMinute')
    throw tooMany('You ask more often than you may here.', wait)
  }

  return {
    /** @throws ApiError 401 with a challenge, 429, 503 when the keys of a trusted issuer cannot be had now */
    authenticate: async (request: IncomingMessage): Promise<Agent> => {
      if (claim.access.open) return limited({ uri: holder, isHolder: true })
      const token = bearerOf(request)
      const from = callerOf(request)
      const slow = failures.wait(from)
      if (slow !== null && !verified.has(token)) throw tooMany('Too many tokens that are no good came from where you are.', slow)
      try {
        const uri = await verify(token)
        return limited({ uri, isHolder: uri === holder })
      } catch (error) {
        if (!(error instanceof InvalidToken || error instanceof KeysUnavailable)) throw error
        if (error instanceof KeysUnavailable && error.away) throw unavailable(error.message)
        failures.take(from)
        throw unauthenticated(error.message, 'invalid_token')
      }
    },
    /** After a change of clients or partners: what was verified is verified again. */
    forget: () => {
      changes += 1
      verified.clear()
    },
  }
}

/** The token of the Authorization header, the only place where one is looked for (RFC 6750, section 2.1). */
const bearerOf = ({ headers: { authorization } }: IncomingMessage): string => {
  if (authorization === undefined) throw unauthenticated('A token is needed: Authorization: Bearer.', null)
  const [, token] = /^bearer +([\w.~+/-]+=*) *$/i.exec(authorization) ?? []
  if (token === undefined) throw unauthenticated('The Authorization header is not `Bearer` and a token.', 'invalid_request')
  return token
}

/** Address of the caller: the edge says it last in X-Forwarded-For, and takes away what a caller says itself. */
export const callerOf = ({ headers, socket }: IncomingMessage): string =>
  String(headers['x-forwarded-for'] ?? '').split(',').at(-1)?.trim() || (socket.remoteAddress ?? '')
