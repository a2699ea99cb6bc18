import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose/jwt/sign'
import type { Claim, SigningKey } from '../../../slot/port.ts'

/** How long a token of this deployment holds, seconds. */
export const TOKEN_SECONDS = 3_600

/** For whom a token is. `client`: id of the client that asked, `audience`: base URL of the server that is to take it. */
export type Bearer = { readonly client: string; readonly agent: string; readonly audience: string }

/** The public half, as the key set shows it (RFC 7517). */
export const publicKey = ({ kty, crv, x, y, kid }: SigningKey) => ({ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' })

/**
 * A token of this deployment (RFC 7519; `logistics_agent_uri` as API 2.3.0, Authentication, asks for). It names its audience, so that
 * who receives it cannot use it anywhere else.
 */
export const signToken = ({ baseUrl, access: { signingKey } }: Pick<Claim, 'baseUrl' | 'access'>, { client, agent, audience }: Bearer): Promise<string> =>
  new SignJWT({ logistics_agent_uri: agent, client_id: client })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: signingKey.kid })
    .setIssuer(baseUrl).setSubject(client).setAudience(audience).setIssuedAt().setExpirationTime(`${TOKEN_SECONDS}s`).setJti(randomUUID())
    .sign(signingKey)
