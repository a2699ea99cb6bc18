import * as z from 'zod/mini'

/** A token, and when it is used no more, milliseconds. */
export type Token = { readonly token: string; readonly until: number }

/** Before its end a token is not used any more, seconds: clocks differ, and requests take time. */
export const EARLY = 60
/** For a token whose issuer does not say how long it holds, seconds (RFC 6749, section 4.2.2, leaves it open). */
const UNSAID = 300

const answer = z.object({ access_token: z.string().check(z.regex(/^[\x21-\x7e]{1,8192}$/)), expires_in: z.optional(z.coerce.number()) })

/** `resource`: base URL of the server that the token is for, where that is not the one that gives it (RFC 8707). */
export type ClientLogin = { readonly clientId: string; readonly clientSecret: string; readonly scope?: string; readonly resource?: string }

/** What a token endpoint is sent by POST (client credentials, RFC 6749, section 4.4). */
export const tokenRequest = ({ clientId, clientSecret, scope, resource }: ClientLogin) => {
  // RFC 6749, section 2.3.1: both are form-encoded first
  const basic = Buffer.from([clientId, clientSecret].map(encodeURIComponent).join(':')).toString('base64')
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }), ...(resource === undefined ? {} : { resource }) }).toString(),
  }
}

/** The token of a token endpoint's answer; null when there is none in it. */
export const tokenOf = (text: string): Token | null => {
  const read = answer.safeParse(parsed(text))
  return read.success ? { token: read.data.access_token, until: Date.now() + Math.max(0, (read.data.expires_in ?? UNSAID) - EARLY) * 1_000 } : null
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
