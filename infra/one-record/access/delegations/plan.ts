import { unprocessable } from '../../http/api-error.ts'
import { findObject } from '../../objects/rows.ts'
import { objectIri } from '../../objects/split.ts'
import type { Reader } from '../../store/port.ts'
import { DEEPEST_CHAIN, depthOf, grantFor, MOST_GRANTS } from '../grants/allows.ts'
import { granteeKey, type Grant } from '../grants/grant.ts'
import type { NewGrant } from '../grants/give.ts'
import { GRANTS } from '../grants/rows.ts'
import type { Agent, Permission } from '../port.ts'
import { forbidden } from '../refusals.ts'
import { checkExpiry, type Delegation } from './delegation.ts'

/** Who asks and when it is decided, milliseconds. `request`: id of the action request. */
export type Asked = { readonly by: Agent; readonly request: string; readonly now: number; readonly base: string }

/**
 * The grants that a delegation comes to. What an agent asks for others rests on what it may itself: it ends with that, and is not
 * more. @throws ApiError 403 when the agent may not (any more) what it asks for others, 422 for an object that does not exist,
 * for an expiry that has passed, for a chain too long and for too many grants
 */
export const planGrants = async (reader: Reader, delegation: Delegation, { by, request, now, base }: Asked): Promise<readonly NewGrant[]> => {
  checkExpiry(delegation.expiresAt, now)
  const planned: NewGrant[] = []
  for (const object of delegation.objects) {
    const resource = objectIri(base, object)
    if (!(await findObject(reader, object))) throw unprocessable('There is no logistics object at this address.', { resource })
    for (const agent of delegation.agents) {
      const to = granteeKey({ agent })
      const isOwn = by.isHolder || agent === by.uri
      const parts = isOwn ? [{ permissions: delegation.permissions, parent: null }] : await partsBy(reader, { ...delegation, object, agent: by.uri, request, now, resource })
      const there = await reader.scan({ prefix: GRANTS.objectTo(object, to), limit: MOST_GRANTS })
      if (there.length + parts.length > MOST_GRANTS) throw unprocessable(`There are too many grants of this object to ${agent} already.`, { resource })
      for (const { permissions, parent } of parts) {
        planned.push({
          object, to, permissions, request, expiresAt: earlier(delegation.expiresAt, parent?.expiresAt ?? null),
          rests: parent && { to: parent.to, id: parent.id, by: by.uri },
        })
      }
    }
  }
  return planned
}

type Part = { readonly permissions: readonly Permission[]; readonly parent: Grant | null }

/** The permissions by the grant that the requestor has each of them by. */
const partsBy = async (
  reader: Reader,
  { permissions, object, agent, request, now, resource }: { readonly permissions: readonly Permission[]; readonly object: string; readonly agent: string; readonly request: string; readonly now: number; readonly resource: string },
): Promise<readonly Part[]> => {
  const parts = new Map<string, { readonly permissions: Permission[]; readonly parent: Grant }>()
  for (const permission of permissions) {
    const parent = await grantFor(reader, { agent, object, permission, now }, (grant) => grant.request !== request)
    if (!parent) throw forbidden(`Who asks this for others has no ${permission} here.`, resource)
    if ((await depthOf(reader, parent, now)) >= DEEPEST_CHAIN) throw unprocessable(`At most ${DEEPEST_CHAIN} delegations rest on one another.`, { resource })
    const part = parts.get(parent.id) ?? { permissions: [], parent }
    part.permissions.push(permission)
    parts.set(parent.id, part)
  }
  return [...parts.values()]
}

const earlier = (a: string | null, b: string | null): string | null => (a === null || b === null ? (a ?? b) : a < b ? a : b)
