import { randomUUID } from 'node:crypto'
import type { Server } from '../../endpoints/server.ts'
import { tell } from '../../facts.ts'
import { unprocessable } from '../../http/api-error.ts'
import { findObject } from '../../objects/rows.ts'
import { objectIri } from '../../objects/split.ts'
import type { Reader, Transaction } from '../../store/port.ts'
import { membersOf } from '../groups/groups.ts'
import type { Agent } from '../port.ts'
import { MOST_GRANTS } from './allows.ts'
import { granteeOf, PUBLIC, type Grant } from './grant.ts'
import { allGrantsOf, deleteGrant, GRANT_PLACES, GRANTS, putGrant } from './rows.ts'

/** What is to be granted. */
export type NewGrant = Omit<Grant, 'id' | 'since'>

/** Gives a grant and tells those who have it now. The same given twice is given once. @throws ApiError 422 for an object that does not exist, and for too many */
export const giveGrant = async (tx: Transaction, server: Server, given: NewGrant, agent: Agent): Promise<Grant> => {
  const iri = objectIri(server.base, given.object)
  const object = await findObject(tx, given.object)
  if (!object) throw unprocessable('There is no logistics object at this address.', { resource: iri })
  const others = (await tx.scan<Grant>({ prefix: GRANTS.objectTo(given.object, given.to), limit: MOST_GRANTS })).map(({ value }) => value)
  const same = others.find((other) => sameGrant(other, given))
  if (same) return same
  if (others.length >= MOST_GRANTS) throw unprocessable(`There are ${MOST_GRANTS} grants of this object to the same agents already; end some first.`, { resource: iri })
  const grant: Grant = { ...given, id: randomUUID(), since: tx.at.toISOString() }
  putGrant(tx, grant)
  for (const to of await agentsOf(tx, grant.to)) await tell(tx, server, { kind: 'access-granted', id: given.object, iri, types: [object.type], to, agent: agent.uri })
  return grant
}

const sameGrant = (a: NewGrant, b: NewGrant): boolean =>
  a.request === b.request && a.expiresAt === b.expiresAt && a.rests?.id === b.rests?.id && a.permissions.toSorted().join() === b.permissions.toSorted().join()

/** Whom to tell: of what is granted to all there is nobody in particular. */
const agentsOf = async (reader: Reader, to: string): Promise<readonly string[]> => {
  if (to === PUBLIC) return []
  const grantee = granteeOf(to)
  return 'group' in grantee ? membersOf(reader, grantee.group) : 'agent' in grantee ? [grantee.agent] : []
}

/**
 * Ends grants and all that rest on them, down the trust chain (API 2.3.0, Access Delegations, Trust Chains). Gives the delegation
 * requests that have no grant left by this, in the order of the chain.
 */
export const endGrants = async (tx: Transaction, grants: readonly Grant[]): Promise<readonly string[]> => {
  const requests = new Set<string>()
  const open = [...grants]
  for (let grant = open.pop(); grant; grant = open.pop()) {
    deleteGrant(tx, grant)
    if (grant.request !== null) requests.add(grant.request)
    open.push(...(await allGrantsOf(tx, GRANT_PLACES.resting(grant.id))))
  }
  const without = await Promise.all([...requests].map(async (id) => (await tx.scan({ prefix: GRANT_PLACES.request(id), limit: 1 })).length === 0))
  return [...requests].filter((_, index) => without[index])
}

/** All grants that were given through a delegation request. */
export const grantsOfRequest = (reader: Reader, request: string): Promise<readonly Grant[]> => allGrantsOf(reader, GRANT_PLACES.request(request))
