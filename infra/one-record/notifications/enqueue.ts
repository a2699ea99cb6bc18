import { DATA_HOLDER, type Server } from '../endpoints/server.ts'
import type { AccessFact, Consequence, EventFact, ObjectFact, RequestFact } from '../facts.ts'
import { unprocessable } from '../http/api-error.ts'
import { ancestors, isLogisticsObject, mostSpecific } from '../ontology/ontology.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { serverOf } from '../remote/callback.ts'
import { connectionOf } from '../remote/connections.ts'
import type { Transaction } from '../store/port.ts'
import { anySubscriptions, subscriptionsOf, type Active } from '../subscriptions/rows.ts'
import type { SubscriptionEvent } from '../subscriptions/subscription.ts'
import { deposit } from './inbox.ts'
import { notificationBody, requestEventType, type Notification } from './notification.ts'
import { keepNotification, owe, type Owed } from './outbox.ts'

/** Owes everybody what they are to hear of a fact, in its own commit; the holder finds it in the inbox at once. */
export const notify: Consequence = async (tx, server, fact) => {
  switch (fact.kind) {
    case 'object-created':
    case 'object-updated':
      return tellSubscribers(tx, server, fact, fact.kind === 'object-created' ? 'LOGISTICS_OBJECT_CREATED' : 'LOGISTICS_OBJECT_UPDATED')
    case 'event-received':
      return tellSubscribers(tx, server, fact, 'LOGISTICS_EVENT_RECEIVED')
    case 'access-granted':
      return tellGranted(tx, server, fact)
    case 'request-changed':
      return tellOfRequest(tx, server, fact)
    case 'object-erased':
      return
    default:
      return fact satisfies never
  }
}

const tellSubscribers = async (tx: Transaction, server: Server, fact: ObjectFact | EventFact, eventType: SubscriptionEvent): Promise<void> => {
  const chosen = await subscribersOf(tx, fact, eventType)
  if (chosen.length === 0) return
  const notification: Notification = {
    eventType, object: fact.iri, objectType: mostSpecific(fact.types), triggeredBy: null,
    changed: eventType === 'LOGISTICS_OBJECT_UPDATED' && fact.kind === 'object-updated' ? fact.changed : [],
    event: fact.kind === 'event-received' ? fact.event : null,
  }
  await send(tx, server, notification, chosen.map(({ subscriber, id, sendBody }) => ({
    agent: subscriber, eventType, object: fact.id, subscription: id,
    needs: fact.kind === 'event-received' ? 'GET_LOGISTICS_EVENT' : 'GET_LOGISTICS_OBJECT', sendBody: sendBody && fact.kind !== 'event-received',
  })))
}

/** One subscription for each subscriber: of several that fit, that of the object, then of the most specific class; a body when one of them wants it. */
const subscribersOf = async (tx: Transaction, { iri, types }: ObjectFact | EventFact, eventType: SubscriptionEvent): Promise<readonly Active[]> => {
  if (!(await anySubscriptions(tx))) return []
  const specific = mostSpecific(types)
  const classes = new Set([...(specific === null ? [] : ancestors(specific)), ...types.flatMap((type) => [...ancestors(type)])])
  const chosen = new Map<string, Active>()
  for (const topic of [iri, ...[...classes].filter(isLogisticsObject)]) {
    for (const active of await subscriptionsOf(tx, topic)) {
      if (!active.events.includes(eventType)) continue
      const former = chosen.get(active.subscriber)
      chosen.set(active.subscriber, former ? { ...former, sendBody: former.sendBody || active.sendBody } : active)
    }
  }
  return [...chosen.values()]
}

const tellGranted = (tx: Transaction, server: Server, { id, iri, types, to }: AccessFact): Promise<void> =>
  announce(tx, server, { id, iri, type: mostSpecific(types) }, 'LOGISTICS_OBJECT_ACCESS_GRANTED', [to])

/** Tells agents of an object that they may see, without a subscription. */
export const announce = (
  tx: Transaction, server: Server, { id, iri, type }: { readonly id: string; readonly iri: string; readonly type: string | null },
  eventType: 'LOGISTICS_OBJECT_AVAILABLE' | 'LOGISTICS_OBJECT_ACCESS_GRANTED', agents: readonly string[],
): Promise<void> =>
  send(tx, server, { eventType, object: iri, objectType: type, changed: [], event: null, triggeredBy: null },
    agents.map((agent) => ({ agent, eventType, object: id, subscription: null, needs: 'GET_LOGISTICS_OBJECT', sendBody: false })))

/** To who asked, when it wanted to be told; to the holder, what others ask and take back here. */
const tellOfRequest = async (tx: Transaction, server: Server, { request, type, status, object, requestedBy, notify: wantsToKnow, agent }: RequestFact): Promise<void> => {
  const eventType = requestEventType(type, status)
  if (eventType === null) return
  const holder = holderOf(server)
  const isForHolder = requestedBy !== holder && (status === 'REQUEST_PENDING' || (status === 'REQUEST_REVOKED' && agent !== holder))
  // that it waits is what the answer to the request itself says
  const isForRequestor = wantsToKnow && requestedBy !== holder && status !== 'REQUEST_PENDING'
  const agents = [...(isForHolder ? [holder] : []), ...(isForRequestor ? [requestedBy] : [])]
  if (agents.length === 0) return
  const all = objectIri(server.base, '')
  const found = object?.startsWith(all) ? await findObject(tx, object.slice(all.length)) : null
  await send(tx, server, { eventType, object, objectType: found?.type ?? null, changed: [], event: null, triggeredBy: request },
    agents.map((to) => ({ agent: to, eventType, object: null, subscription: null, needs: null, sendBody: false })))
}

const holderOf = ({ base }: Pick<Server, 'base'>): string => objectIri(base, DATA_HOLDER)

/** To the holder's inbox; to others' servers by the outbox. Agents of this server that are not its holder have no server to call. */
const send = async (tx: Transaction, server: Server, notification: Notification, owed: readonly Omit<Owed, 'id' | 'at'>[]): Promise<void> => {
  const holder = holderOf(server)
  const elsewhere: Omit<Owed, 'id' | 'at'>[] = []
  for (const each of owed) {
    if (each.agent === holder) await deposit(tx, notification, () => tx.keep(notificationBody(notification)), null, { uri: holder, isKnown: true })
    else if (await hasServer(tx, server, each.agent)) elsewhere.push(each)
  }
  if (elsewhere.length === 0) return
  charge(tx, elsewhere.length)
  const place = keepNotification(tx, notification)
  for (const each of elsewhere) await owe(tx, each, place)
  tx.afterwards(() => server.lookAgain())
}

const hasServer = async (tx: Transaction, { base }: Server, agent: string): Promise<boolean> => {
  const own = serverOf(agent)
  return (own !== null && own !== base) || ((await connectionOf(tx, agent))?.endpoint ?? null) !== null
}

/** Notifications that one change may owe: a body may make thousands of objects, each of which many are subscribed to. */
const MOST_OF_CHANGE = 10_000
const owedBy = new WeakMap<Transaction, number>()

const charge = (tx: Transaction, count: number): void => {
  const total = (owedBy.get(tx) ?? 0) + count
  if (total > MOST_OF_CHANGE) throw unprocessable(`This would owe subscribers more than ${MOST_OF_CHANGE} notifications at once; send it in parts.`)
  owedBy.set(tx, total)
}
