/**
 * Calls to addresses that somebody else chose: subscriptions, callbacks, notifications. One guard for all of them, against
 * server-side request forgery (OWASP SSRF Prevention; RFC 6890 for the ranges): see decision 0014.
 *
 *     const outbound = openOutbound(outboundOptions(config))
 *     const refused = await outbound.refusal(url)         // when an address is registered: a reason for its owner, or null
 *     const outcome = await outbound.send({ url, headers, body })
 *     if (!isDelivered(outcome)) log.warn({ reason: inWords(outcome) }, '...')
 *
 * What may be called: http and https, without credentials in the address, on the ports 80 and 443, at public unicast addresses
 * only, none of the platform's own hosts; what `OUTBOUND_ALLOW` adds (allow.ts). The name is resolved by us and each of its
 * addresses is judged in the moment of connecting, so that an answer that changes between check and use gains nothing.
 * Redirects are never followed. The body of an answer is read up to a limit, and thrown away unless it was asked for.
 */
export type Outbound = {
  /** Why this address may not be called, for whoever wrote it; null when it may. Resolves the name. Never throws. */
  refusal(url: string): Promise<string | null>
  /** Sends one request. Never throws: whatever happens is an outcome. */
  send(request: OutboundRequest): Promise<Outcome>
  /** Ends the connections, those in use too. */
  close(): void
}

export type OutboundRequest = {
  readonly url: string
  /** POST by default. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `host`, `content-length` and what belongs to one connection are ours and left out. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** The body of the answer is wanted: the outcome comes when it is there, whole. Larger than the client's limit is `unreachable`. */
  readonly wantsBody?: boolean
}

export type Outcome =
  /** A status came; 3xx among them, never followed. `retryAfter`: the header as it came. `ms`: from the call to the status. `body`: only when it was asked for. */
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfter: string | undefined; readonly ms: number; readonly body?: Buffer }
  /** The guard says no; nothing was sent. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** No name, no connection, no valid certificate, or it broke before a status came. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** It took the connection and gave no status in time. */
  | { readonly kind: 'silent'; readonly seconds: number }

/** A 2xx. */
export const isDelivered = (outcome: Outcome): boolean => outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300

/** An outcome for logs and people; nothing of the answer but its status. */
export const inWords = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'answered':
      return outcome.status >= 300 && outcome.status < 400 ? `answered ${outcome.status}: a redirect, and those are never followed` : `answered ${outcome.status}`
    case 'refused':
      return `not called: ${outcome.reason}`
    case 'unreachable':
      return `not reachable: ${outcome.reason}`
    case 'silent':
      return `no answer within ${outcome.seconds} seconds`
  }
}
