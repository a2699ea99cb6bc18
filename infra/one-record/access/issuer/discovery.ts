import type { Claim } from '../../../slot/port.ts'
import type { Answer } from '../../http/answer.ts'
import { publicKey } from './sign.ts'

/** GET /.well-known/jwks.json: the public key that this deployment's tokens are verified with (RFC 7517). */
export const keySet = ({ access }: Pick<Claim, 'access'>) => (): Answer => json({ keys: [publicKey(access.signingKey)] })

/** GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server (OpenID Connect Discovery 1.0, section 3; RFC 8414). */
export const discovery = ({ baseUrl }: Pick<Claim, 'baseUrl'>) => (): Answer => json({
  issuer: baseUrl,
  token_endpoint: `${baseUrl}/oauth2/token`,
  jwks_uri: `${baseUrl}/.well-known/jwks.json`,
  grant_types_supported: ['client_credentials'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  // there are no browsers to send anywhere: both lists are required all the same
  response_types_supported: [],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
  claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'logistics_agent_uri'],
})

const json = (body: unknown): Answer =>
  ({ status: 200, body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' } })
