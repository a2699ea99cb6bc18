import { bodyLimit } from '../access/body-limit.ts'
import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { readLinkedData } from '../http/document.ts'
import type { Call } from '../http/router.ts'
import { API } from '../namespaces.ts'
import { validate } from '../objects/check.ts'
import { connectionOf } from '../remote/connections.ts'
import { decideRequest, holderAgent } from '../requests/requests.ts'
import { openSubscription } from './open-subscription.ts'
import { readSubscription } from './subscription.ts'

/**
 * POST /subscriptions (2.3.0, Subscribe to Logistics Objects). It waits for the holder's decision, unless the holder takes this
 * agent's subscriptions as they come; one for somebody else always waits. 201 without a body.
 */
export const subscribe = (server: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  const document = await readLinkedData(request, await bodyLimit(server, agent))
  validate(document.graph, server)
  const node = readSubscription(document, Date.now())
  const location = await server.record.write(async (tx) => {
    const { request: { id, status }, iri } = await openSubscription(tx, server, node, agent)
    const isWelcome = status === 'REQUEST_PENDING' && node.subscription.subscriber === agent.uri && (await connectionOf(tx, agent.uri))?.acceptsSubscriptions
    if (isWelcome) await decideRequest(tx, server, id, 'REQUEST_ACCEPTED', holderAgent(server))
    return iri
  })
  return { status: 201, headers: { location, type: `${API}SubscriptionRequest` } }
}
