import type { Claim } from '../../../slot/port.ts'
import type { Answer } from '../../http/answer.ts'
import type { Call } from '../../http/router.ts'
import type { Reader } from '../../store/port.ts'
import { login } from '../clients/clients.ts'
import { rateLimit } from '../rate.ts'
import { callerOf } from '../tokens/authenticate.ts'
import { isHttpIri } from '../tokens/issuers.ts'
import { credentialsOf } from './credentials.ts'
import { readForm } from './form.ts'
import { signToken, TOKEN_SECONDS } from './sign.ts'

/** Tokens by address of the caller, and wrong secrets by address and client: who guesses is slowed, and no other client with it. */
const TOKENS = { perMinute: 120, burst: 60 }
const WRONG = { perMinute: 5, burst: 10 }

type Options = { readonly claim: Pick<Claim, 'baseUrl' | 'access'>; readonly holder: string; readonly reader: () => Reader }

/**
 * POST /oauth2/token: a token for a client, by client credentials (RFC 6749, section 4.4; errors as in section 5.2). It is for this
 * server, or for the one that `resource` names (RFC 8707), which has to trust this one.
 */
export const tokenEndpoint = ({ claim, holder, reader }: Options) => {
  const own = { ...claim.access.client, agent: holder }
  const tokens = rateLimit(TOKENS)
  const wrong = rateLimit(WRONG)

  return async ({ request }: Call): Promise<Answer> => {
    const caller = callerOf(request)
    const tooOften = tokens.take(caller)
    if (tooOften !== null) return slowDown(tooOften)
    const form = await readForm(request)
    if (!form) return refusal(400, 'invalid_request', 'The body must be a form (application/x-www-form-urlencoded) of at most 8 KB that says nothing twice.')
    const given = credentialsOf(request.headers.authorization, form)
    if (!given) return refusal(401, 'invalid_client', 'Send client_id and client_secret, either by HTTP Basic or in the body.')
    const guessing = `${caller} ${given.id.slice(0, 100)}`
    const slow = wrong.wait(guessing)
    if (slow !== null) return slowDown(slow)
    const agent = await login(reader(), own, given)
    if (agent === null) {
      wrong.take(guessing)
      return refusal(401, 'invalid_client', 'There is no client with this id and secret.')
    }
    const grant = form.get('grant_type')
    if (grant === undefined) return refusal(400, 'invalid_request', 'grant_type is missing.')
    if (grant !== 'client_credentials') return refusal(400, 'unsupported_grant_type', 'Only client_credentials can be had here.')
    const resource = form.get('resource')?.replace(/\/$/, '') ?? claim.baseUrl
    if (!isHttpIri(resource) || resource.includes('#')) return refusal(400, 'invalid_target', 'resource must be the base URL of a server.')
    const token = await signToken(claim, { client: given.id, agent, audience: resource })
    return json(200, { access_token: token, token_type: 'Bearer', expires_in: TOKEN_SECONDS })
  }
}

const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' }

const json = (status: Answer['status'], body: unknown, headers: Readonly<Record<string, string>> = {}): Answer =>
  ({ status, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...NO_STORE, ...headers } })

const refusal = (status: 400 | 401, error: string, description: string): Answer =>
  json(status, { error, error_description: description }, status === 401 ? { 'www-authenticate': 'Basic realm="ONE Record"' } : {})

const slowDown = (wait: number): Answer =>
  json(429, { error: 'slow_down', error_description: 'Too many tokens were asked for, or with a wrong secret.' }, { 'retry-after': String(wait) })
