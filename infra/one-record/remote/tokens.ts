import type { Outbound } from '../../outbound/port.ts'
import type { Claim } from '../../slot/port.ts'
import type { Connection } from './connections.ts'
import { unseal } from './seal.ts'
import { EARLY, tokenOf, tokenRequest, type Token } from './token-request.ts'

/** No token can be had for a partner's server; the message says why. */
export class NoToken extends Error {
  override readonly name = 'NoToken'
}

/** Tokens kept. */
const MOST = 64
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
    const { headers, body } = tokenRequest({ clientId, clientSecret: secret, ...(scope === null ? {} : { scope }) })
    const outcome = await (await outbound()).send({ url: tokenEndpoint, headers, body: Buffer.from(body), wantsBody: true })
    if (outcome.kind !== 'answered' || outcome.status !== 200) throw new NoToken(outcome.kind === 'answered' ? `its token endpoint answers ${outcome.status}` : 'its token endpoint does not answer')
    const token = tokenOf(String(outcome.body))
    if (!token) throw new NoToken('its token endpoint answers with no token')
    return token
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
