import type { Claim, TrustedIssuer } from '../../../slot/port.ts'

/** A trusted issuer. `jwksUri` null: as its discovery document says. `isSibling`: a deployment of this platform. */
export type Trust = { readonly issuer: string; readonly jwksUri: string | null; readonly isSibling: boolean }

/** What a partner of the record says about itself: who may vouch for it. */
export type Vouched = { readonly issuer: string; readonly jwksUri: string | null }

/** Longest IRI of an agent or issuer, characters. */
export const MAX_IRI = 500

/** An absolute http(s) IRI that says one thing only: no credentials, no spaces, no dot segments (RFC 3986, section 5.2.4). */
export const isHttpIri = (text: string): boolean => {
  // eslint-disable-next-line no-control-regex
  if (text.length > MAX_IRI || /[\s\u0000-\u001f\u007f<>"{}|\\^`]/.test(text) || /\/(\.|%2e){1,2}(\/|$|[?#])/i.test(text)) return false
  const url = /^https?:\/\/[^/?#]/i.test(text) ? URL.parse(text) : null
  return url !== null && url.username === '' && url.password === ''
}

/** Whether `iri` is `prefix` or below it; `https://a.example` is not above `https://a.example.org`. */
export const isWithin = (iri: string, prefix: string): boolean =>
  iri === prefix || (iri.startsWith(prefix) && (/[/#?]$/.test(prefix) || /^[/#?]/.test(iri.slice(prefix.length))))

/**
 * Which issuers may speak for which agents. The deployment itself for whom it gave a client; an issuer of the trust list for the
 * agents it is limited to, or for all that are not this deployment's own; a sibling on the same platform for agents below its own
 * base URL; and whoever a partner of the record names, for that partner.
 */
export const trustedIssuers = ({ baseUrl, access, platform }: Pick<Claim, 'baseUrl' | 'access' | 'platform'>) => {
  const listed = new Map<string, TrustedIssuer[]>()
  for (const each of access.trust) listed.set(each.issuer, [...(listed.get(each.issuer) ?? []), each])
  const sibling = siblings(platform)

  return {
    /** Null: it is not trusted with this agent. @param vouched what the record says of the agent as a partner */
    trust: (issuer: string, agent: string, vouched: Vouched | null): Trust | null => {
      const entry = listed.get(issuer)?.find(({ agents }) => (agents === null ? !isWithin(agent, baseUrl) : agents.some((prefix) => isWithin(agent, prefix))))
      if (entry) return { issuer, jwksUri: entry.jwksUri, isSibling: false }
      if (vouched?.issuer === issuer) return { issuer, jwksUri: vouched.jwksUri, isSibling: false }
      return issuer !== baseUrl && sibling(issuer) && isWithin(agent, issuer) ? { issuer, jwksUri: `${issuer}/.well-known/jwks.json`, isSibling: true } : null
    },
    /** Named by the platform's owner or the holder, not merely a sibling: of those anybody can make up as many as they like. */
    isNamed: (issuer: string, vouched: Vouched | null): boolean => listed.has(issuer) || vouched?.issuer === issuer,
  }
}

/** Base URLs of deployments on this platform: one label below its domain, with its scheme and port. */
const siblings = ({ domain, scheme, port }: Claim['platform']) => {
  const standard = scheme === 'https' ? 443 : 80
  const end = `.${domain}${port === standard ? '' : `:${port}`}`
  return (issuer: string): boolean => {
    const start = `${scheme}://`
    return issuer.startsWith(start) && issuer.endsWith(end) && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(issuer.slice(start.length, -end.length))
  }
}
