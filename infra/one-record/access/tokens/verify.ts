import { errors, decodeJwt, decodeProtectedHeader, jwtVerify, type JWTVerifyGetKey } from './jose.ts'
import { isHttpIri } from './issuers.ts'

/** Longest token, characters; those of large identity providers have some 2,000. */
const MAX_TOKEN = 8_192
/** Clocks of others may be wrong by so much, seconds. */
export const SKEW = 60
/** Asymmetric ones alone (RFC 8725, section 3.1): a secret that verifies can also sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** What a bearer token calls itself, the standard's `JWT` and RFC 9068's. */
const TYPES = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt'])

/** Says no to a token; the message goes to the client. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken'
}

/** What a token says, before anybody knows whether it is true. `expires`: seconds since 1970. */
export type Claims = { readonly issuer: string; readonly agent: string; readonly expires: number; readonly client: string | null; readonly kid: string | undefined }

/**
 * What a token claims, after everything about it that can be judged without a key: so that only a token that could be good makes
 * anybody fetch one. Header parameters that bring or name keys (`jwk`, `jku`, `x5u`, `x5c`) are not looked at.
 * @param now seconds since 1970 @throws InvalidToken
 */
export const readToken = (token: string, now: number): Claims => {
  if (token.length > MAX_TOKEN) throw new InvalidToken('The token is too long.')
  const { header, payload } = decode(token)
  if (typeof header.alg !== 'string' || !ALGORITHMS.includes(header.alg)) throw new InvalidToken('The token is not signed with an asymmetric algorithm that is taken here.')
  if (typeof header.typ !== 'string' || !TYPES.has(header.typ.toLowerCase())) throw new InvalidToken('The token does not say that it is a JWT (typ).')
  const { iss, exp, nbf, iat, logistics_agent_uri: agent, client_id: client } = payload
  if (typeof iss !== 'string' || iss === '') throw new InvalidToken('The token names no issuer (iss).')
  if (typeof exp !== 'number' || !Number.isFinite(exp)) throw new InvalidToken('The token does not expire: exp must be a number of seconds.')
  if (exp <= now - SKEW) throw new InvalidToken('The token has expired.')
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now + SKEW)) throw new InvalidToken('The token is not valid yet (nbf).')
  if (iat !== undefined && (typeof iat !== 'number' || iat > now + SKEW)) throw new InvalidToken('The token was issued in the future (iat).')
  if (typeof agent !== 'string' || !isHttpIri(agent)) throw new InvalidToken('The token names no logistics agent: logistics_agent_uri must be an absolute http or https IRI.')
  return { issuer: iss, agent, expires: exp, client: typeof client === 'string' ? client : null, kid: typeof header.kid === 'string' ? header.kid : undefined }
}

const decode = (token: string): { readonly header: Readonly<Record<string, unknown>>; readonly payload: Record<string, unknown> } => {
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) }
  } catch {
    throw new InvalidToken('This is no JSON Web Token.')
  }
}

/**
 * Verifies signature and times. @param audiences the token must be for one of these when it says for whom it is; null: whoever it is for
 * @throws InvalidToken; what `keys` throws
 */
export const verifySignature = async (token: string, keys: JWTVerifyGetKey, { issuer, audiences, now }: { readonly issuer: string; readonly audiences: readonly string[] | null; readonly now: number }): Promise<void> => {
  const options = { issuer, algorithms: ALGORITHMS, clockTolerance: SKEW, currentDate: new Date(now * 1_000), ...(audiences ? { audience: [...audiences] } : {}) }
  try {
    await jwtVerify(token, keys, options).catch(async (error: unknown) => {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      // without a kid every key that fits has to be tried
      for await (const key of error) {
        const verified = await jwtVerify(token, key, options).catch(() => null)
        if (verified) return verified
      }
      throw new errors.JWSSignatureVerificationFailed()
    })
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) throw new InvalidToken('The token is signed with a key that its issuer does not have.')
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') throw new InvalidToken('The token is for somebody else (aud).')
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) throw new InvalidToken('The signature of the token is not that of its issuer.')
    throw error
  }
}
