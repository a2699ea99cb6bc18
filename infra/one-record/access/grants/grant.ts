import type { Permission } from '../port.ts'

/** Whom a grant is for: one agent by its IRI, a named group of agents, or every agent that says who it is (API 2.3.0, Access Control). */
export type Grantee = { readonly agent: string } | { readonly group: string } | { readonly public: true }

/**
 * Permissions on one logistics object. `to`: see `granteeKey`. `request`: the delegation request that it was given through, else the
 * holder gave it. `rests`: the grant by which the requestor of that delegation had these permissions; it holds as long as that one.
 */
export type Grant = {
  readonly id: string
  readonly object: string
  readonly to: string
  readonly permissions: readonly Permission[]
  /** RFC 3339 in UTC, with milliseconds. */
  readonly expiresAt: string | null
  readonly since: string
  readonly request: string | null
  readonly rests: Rests | null
}
/** A grant of the same object, and the agent who had it. */
export type Rests = { readonly to: string; readonly id: string; readonly by: string }

export const PUBLIC = 'public'

/** A grantee as one text: `agent:<IRI>`, `group:<name>`, `public`. */
export const granteeKey = (grantee: Grantee): string => ('agent' in grantee ? `agent:${grantee.agent}` : 'group' in grantee ? `group:${grantee.group}` : PUBLIC)

/** The grantee that the text stands for. */
export const granteeOf = (to: string): Grantee =>
  to.startsWith('agent:') ? { agent: to.slice(6) } : to.startsWith('group:') ? { group: to.slice(6) } : { public: true }

export const isExpired = ({ expiresAt }: Pick<Grant, 'expiresAt'>, now: number): boolean => expiresAt !== null && Date.parse(expiresAt) <= now
