import { readNotify, textOf, valuesOf } from '../../change/fields.ts'
import { invalidBody, unprocessable } from '../../http/api-error.ts'
import type { Subject } from '../../json-ld/graph.ts'
import { isLexical } from '../../json-ld/literal.ts'
import type { Document } from '../../json-ld/reader.ts'
import { API, XSD } from '../../namespaces.ts'
import { objectIri } from '../../objects/split.ts'
import { PERMISSIONS, type Permission } from '../port.ts'
import { isHttpIri } from '../tokens/issuers.ts'

/** An api:AccessDelegation (API 2.3.0, Access Delegations). `objects`: local ids, `expiresAt`: RFC 3339 in UTC. */
export type Delegation = {
  readonly permissions: readonly Permission[]
  readonly agents: readonly string[]
  readonly objects: readonly string[]
  readonly expiresAt: string | null
  readonly notify: boolean
}

/** Objects times agents of one delegation: that many grants. */
const MOST_GRANTS = 500

/** Reads the one api:AccessDelegation of a body. @throws ApiError 400 that names the property */
export const readDelegation = (document: Document, base: string): { readonly delegation: Delegation; readonly root: Subject } => {
  const [root, ...more] = [...document.graph.values()].filter(({ types }) => types.includes(`${API}AccessDelegation`))
  if (!root || more.length > 0) throw invalidBody('The body must be one api:AccessDelegation.')
  const fail = (message: string, name: string) => invalidBody(message, { property: API + name, resource: root.id })
  const all = (name: string): readonly string[] => {
    const values = [...new Set(valuesOf(root, name).map(textOf))]
    if (values.length === 0) throw fail(`api:AccessDelegation needs at least one api:${name}.`, name)
    return values
  }
  const permissions = all('hasPermission').map((iri) => {
    const permission = PERMISSIONS.find((name) => iri === API + name || iri === name || iri === `api:${name}`)
    if (!permission) throw fail(`${JSON.stringify(iri)} is no api:Permission; there are ${PERMISSIONS.join(', ')}.`, 'hasPermission')
    return permission
  })
  const agents = all('isRequestedFor')
  const stranger = agents.find((agent) => !isHttpIri(agent))
  if (stranger !== undefined) throw fail(`api:isRequestedFor must be the web address of an organization, not ${JSON.stringify(stranger)}.`, 'isRequestedFor')
  const objects = all('hasLogisticsObject').map((iri) => {
    const id = localIdOf(iri, base)
    if (id === null) throw fail(`${JSON.stringify(iri)} is no logistics object of this server.`, 'hasLogisticsObject')
    return id
  })
  if (objects.length * agents.length > MOST_GRANTS) throw fail(`One delegation has at most ${MOST_GRANTS} pairs of an object and an agent.`, 'hasLogisticsObject')
  return { delegation: { permissions, agents, objects, expiresAt: expiryOf(root, fail), notify: readNotify(root, root.id) }, root }
}

/** Local id of an object of this server; null for any other address. */
export const localIdOf = (iri: string, base: string): string | null => {
  const start = objectIri(base, '')
  const [, id] = iri.startsWith(start) ? (/^([^/?#]+)\/?$/.exec(iri.slice(start.length)) ?? []) : []
  return id ?? null
}

const expiryOf = (root: Subject, fail: (message: string, name: string) => Error): string | null => {
  const [value, ...more] = valuesOf(root, 'expiresAt')
  if (!value) return null
  const text = textOf(value)
  const time = more.length === 0 && isLexical(text, `${XSD}dateTime`) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw fail('api:expiresAt must be one xsd:dateTime.', 'expiresAt')
  return new Date(time).toISOString()
}

/** @throws ApiError 422 when it would have ended before it begins */
export const checkExpiry = (expiresAt: string | null, now: number): void => {
  if (expiresAt !== null && Date.parse(expiresAt) <= now) throw unprocessable('The access would have ended before it begins.', { property: `${API}expiresAt` })
}
