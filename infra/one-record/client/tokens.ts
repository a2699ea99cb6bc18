import { patiently, type Patience } from '../../client/retry.ts'
import { byFetch, type Received, type Sent } from '../../client/send.ts'
import { tokenOf, tokenRequest, type ClientLogin, type Token } from '../remote/token-request.ts'
import { OneRecordError, refusalOf } from './error.ts'

export type Send = (url: string, sent: Sent<string | Uint8Array<ArrayBuffer>>) => Promise<Received>

/** Where a client's tokens come from. */
export type TokenSource = {
  /** @throws OneRecordError when there is none to be had */
  token(): Promise<string>
  /** The server does not take it: the next one is fresh. */
  forget(): void
}

export type Credentials = ClientLogin & { readonly tokenEndpoint: string; readonly patience?: Patience; /** By `fetch` unless another way is given. */ readonly send?: Send }

/** Tokens by client credentials (RFC 6749, section 4.4), each kept until a minute before its end; those who ask at once wait for one. */
export const clientCredentials = ({ tokenEndpoint, patience = {}, send = byFetch, ...login }: Credentials): TokenSource => {
  let kept: Promise<Token> | null = null
  const fetched = async (): Promise<Token> => {
    const answer = await patiently(() => send(tokenEndpoint, { method: 'POST', ...tokenRequest(login) }), patience)
    if (answer.status !== 200) throw refusalOf('no token', answer)
    const token = tokenOf(new TextDecoder().decode(answer.body))
    // what it answered may hold a secret
    if (!token) throw new OneRecordError('no token', { status: answer.status, headers: answer.headers, title: null, details: [], text: 'an answer without access_token' })
    return token
  }
  const fresh = async (): Promise<string> => {
    const asking = fetched()
    kept = asking
    try {
      return (await asking).token
    } catch (error) {
      if (kept === asking) kept = null
      throw error
    }
  }
  return {
    token: async () => {
      const known = await kept
      return known && known.until > Date.now() ? known.token : fresh()
    },
    forget: () => {
      kept = null
    },
  }
}
