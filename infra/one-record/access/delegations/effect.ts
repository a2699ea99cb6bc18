import { DATA_HOLDER } from '../../endpoints/server.ts'
import { objectIri } from '../../objects/split.ts'
import { contentDocument } from '../../requests/content.ts'
import type { Effect } from '../../requests/port.ts'
import { endGrants, giveGrant, grantsOfRequest } from '../grants/give.ts'
import { readDelegation } from './delegation.ts'
import { planGrants } from './plan.ts'

/** What follows from a decision about an api:AccessDelegationRequest. */
export const delegationEffect: Effect = {
  accepted: async ({ tx, server, request, content, agent }) => {
    const holder = objectIri(server.base, DATA_HOLDER)
    const { delegation } = readDelegation(contentDocument(content), server.base)
    const by = { uri: request.requestedBy, isHolder: request.requestedBy === holder }
    const grants = await planGrants(tx, delegation, { by, request: request.id, now: tx.at.getTime(), base: server.base })
    for (const grant of grants) await giveGrant(tx, server, grant, agent)
  },
  // the chain's further requests have no grant left then, so that their own revocation ends nothing more
  revoked: async ({ tx, server, request, decide }) => {
    const holder = { uri: objectIri(server.base, DATA_HOLDER), isHolder: true }
    const without = await endGrants(tx, await grantsOfRequest(tx, request.id))
    for (const id of without) if (id !== request.id) await decide(id, 'REQUEST_REVOKED', holder)
  },
}
