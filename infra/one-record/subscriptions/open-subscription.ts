import type { Agent } from '../access/port.ts'
import type { Server } from '../endpoints/server.ts'
import { unprocessable } from '../http/api-error.ts'
import { API } from '../namespaces.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { contentNode } from '../requests/content.ts'
import type { Outcome } from '../requests/port.ts'
import { openRequest } from '../requests/requests.ts'
import { findRequest } from '../requests/rows.ts'
import type { Status } from '../requests/states.ts'
import type { Transaction } from '../store/port.ts'
import { putSame, sameRequest } from './rows.ts'
import type { Subscription, SubscriptionNode } from './subscription.ts'

/**
 * Makes the api:SubscriptionRequest of a subscription to this server's objects. @param agent who asks
 * @throws ApiError 422 when its topic is no object of this server that both may read, or it asked for the same before
 */
export const openSubscription = async (tx: Transaction, server: Server, { subscription, root, graph }: SubscriptionNode, agent: Agent): Promise<Outcome> => {
  const object = await objectOf(tx, server, subscription, agent)
  const same = await sameRequest(tx, subscription, agent.uri, tx.at.getTime())
  const former = same === null ? null : await findRequest(tx, same)
  if (former && LIVING.has(former.value.status)) {
    throw unprocessable('There is the same subscription already, or it waits for a decision.', { property: `${API}hasTopic`, resource: subscription.topic.iri })
  }
  const opened = await openRequest(tx, server, { type: 'SubscriptionRequest', content: contentNode(graph, root), objects: object === null ? [] : [object], notify: subscription.notifyStatus }, agent)
  putSame(tx, subscription, agent.uri, opened.request.id)
  return opened
}

const LIVING: ReadonlySet<Status> = new Set(['REQUEST_PENDING', 'REQUEST_ACCEPTED'])

/**
 * Local id of the object that a subscription is about; null when it is about a class. One answer for what is not there and what may
 * not be read. Who asks in another's name must be able to read it too: else the answer would say what the other may see.
 */
const objectOf = async (tx: Transaction, server: Server, { topic, subscriber }: Subscription, agent: Agent): Promise<string | null> => {
  if (topic.type === 'LOGISTICS_OBJECT_TYPE') return null
  const all = objectIri(server.base, '')
  const id = topic.iri.startsWith(all) ? topic.iri.slice(all.length) : ''
  const readers = agent.isHolder ? [] : [agent, { uri: subscriber, isHolder: false }]
  const allowed = await Promise.all(readers.map((reader) => server.access.may(tx, reader, 'GET_LOGISTICS_OBJECT', id)))
  if (id === '' || !allowed.every(Boolean) || !(await findObject(tx, id))) throw unprocessable('The topic is no logistics object here that the subscriber may read.', { property: `${API}hasTopic`, resource: topic.iri })
  return id
}
