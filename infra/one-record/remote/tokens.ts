import * as z from 'zod/mini'
import type { Outbound } from '../../outbound/port.ts'
import type { Claim } from '../../slot/port.ts'
import type { Connection } from './connections.ts'
import { unseal } from './seal.ts'

/** No token can be had for a partner's server; the message says why. */
export class NoToken extends Error {
  override readonly name = 'NoToken'
}

/** Tokens kept. */
const MOST = 64
/** Before its end a token is not used any more, seconds: clocks differ, and requests take time. */
const EARLY = 60
/** For a token whose issuer does not say how long it holds, seconds (RFC 6749, section 4.2.2, leaves it open). */
const UNSAID = 300

const answer = z.object({ access_token: z.string().check(z.regex(/^[\x21-\x7e]{1,8192}$/)), expires_in: z.optional(z.coerce.number()) })

type Token = { readonly token: string; readonly until: number }
type Options = {
  readonly claim: Pick<Claim, 'baseUrl' | 'access'>
  /** IRI of the agent that this server speaks for. */
  readonly holder: string
  readonly outbound: () => Promise<Outbound>
}

/** Tokens for partners' servers, kept until they end. */
export const outgoingTokens = ({ claim, holder, outbound }: Options) => {
  const kept = new Map<string, Token>()

  const own = async (audience: string): Promise<Token> => {
    const { signToken, TOKEN_SECONDS } = await import('../access/issuer/sign.ts')
    return { token: await signToken(claim, { client: claim.access.client.id, agent: holder, audience }), until: Date.now() + (TOKEN_SECONDS - EARLY) * 1_000 }
  }
  const fetched = async ({ tokenEndpoint, clientId, sealedSecret, scope }: NonNullable<Connection['credentials']>): Promise<Token> => {
    const secret = unseal(sealedSecret, claim.access.signingKey)
    if (secret === null) throw new NoToken('the secret was kept under a key that this deployment has no more; give it again')
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === null ? {} : { scope }) }).toString()
    // RFC 6749, section 2.3.1: both are form-encoded first
    const basic = Buffer.from([clientId, secret].map(encodeURIComponent).join(':')).toString('base64')
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', authorization: `Basic ${basic}` }
    const outcome = await (await outbound()).send({ url: tokenEndpoint, headers, body: Buffer.from(body), wantsBody: true })
    if (outcome.kind !== 'answered' || outcome.status !== 200) throw new NoToken(outcome.kind === 'answered' ? `its token endpoint answers ${outcome.status}` : 'its token endpoint does not answer')
    const read = answer.safeParse(parsed(outcome.body))
    if (!read.success) throw new NoToken('its token endpoint answers with no token')
    return { token: read.data.access_token, until: Date.now() + Math.max(0, (read.data.expires_in ?? UNSAID) - EARLY) * 1_000 }
  }

  return {
    /** @param server base URL of the server that takes the token @throws NoToken */
    tokenFor: async (server: string, connection: Connection | null): Promise<string> => {
      const name = nameOf(server, connection)
      const known = kept.get(name)
      if (known && known.until > Date.now()) return known.token
      const token = await (connection?.credentials ? fetched(connection.credentials) : own(server))
      kept.delete(name)
      kept.set(name, token)
      const [oldest] = kept.keys()
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest)
      return token.token
    },
    /** The server did not take it: the next one is fresh. */
    forget: (server: string, connection: Connection | null): void => void kept.delete(nameOf(server, connection)),
  }
}

/** A changed connection is another. */
const nameOf = (server: string, connection: Connection | null): string => JSON.stringify([server, connection?.credentials ?? null])

const parsed = (body: Buffer | undefined): unknown => {
  try {
    return JSON.parse(String(body))
  } catch {
    return null
  }
}
