import { isHttpIri } from '../access/tokens/issuers.ts'
import { invalidBody, unprocessable } from '../http/api-error.ts'
import { linksOf, type Graph, type Subject } from '../json-ld/graph.ts'
import { isLexical } from '../json-ld/literal.ts'
import type { Document } from '../json-ld/reader.ts'
import { API, XSD } from '../namespaces.ts'
import { readTopic, type Topic } from './topic.ts'

/** What a subscription may be about (api:SubscriptionEventType). */
export const SUBSCRIPTION_EVENTS = ['LOGISTICS_OBJECT_CREATED', 'LOGISTICS_OBJECT_UPDATED', 'LOGISTICS_EVENT_RECEIVED'] as const
export type SubscriptionEvent = (typeof SUBSCRIPTION_EVENTS)[number]

/** An api:Subscription (API 2.3.0, Subscriptions): immutable; to change one it is revoked and another made. */
export type Subscription = {
  /** IRI of the organisation that is notified. */
  readonly subscriber: string
  readonly topic: Topic
  /** At least one, in the order of the standard. */
  readonly events: readonly SubscriptionEvent[]
  readonly sendBody: boolean
  readonly notifyStatus: boolean
  /** Milliseconds; null: until it is revoked. */
  readonly expiresAt: number | null
}

/** One subscription and the whole document it came in: what is kept in its request. */
export type SubscriptionNode = { readonly subscription: Subscription; readonly root: string; readonly graph: Graph }

/**
 * Reads the one api:Subscription of a body. @param now milliseconds
 * @throws ApiError 400 for a body that is none, 422 when it ended already or wants a content type that cannot be had
 */
export const readSubscription = (document: Document, now: number): SubscriptionNode => {
  const [root, ...more] = subscriptionsOf(document)
  if (!root || more.length > 0) throw invalidBody('The body must be one api:Subscription.')
  return { subscription: subscriptionOf(root, now), root: root.id, graph: document.graph }
}

/** Those of an answer to GET /subscriptions, none left out. @throws ApiError as readSubscription */
export const readSubscriptions = (document: Document, now: number): readonly SubscriptionNode[] =>
  subscriptionsOf(document).map((root) => ({ subscription: subscriptionOf(root, now), root: root.id, graph: document.graph }))

const subscriptionsOf = ({ graph }: Document): readonly Subject[] => [...graph.values()].filter(({ types }) => types.includes(`${API}Subscription`))

const subscriptionOf = (node: Subject, now: number): Subscription => {
  const fail = (message: string, property: string) => invalidBody(message, { property: API + property, resource: node.id })
  const all = (name: string): readonly string[] => (node.properties.get(API + name)?.values ?? []).flatMap((value) => (value.kind === 'literal' ? [String(value.value)] : linksOf(value)))
  const optional = (name: string): string | null => {
    const values = all(name)
    if (values.length > 1) throw fail(`api:${name} is given more than once.`, name)
    return values[0] ?? null
  }
  const one = (name: string): string => {
    const value = optional(name)
    if (value === null) throw fail(`api:Subscription needs api:${name}.`, name)
    return value
  }
  const flag = (name: string): boolean => {
    const value = optional(name) ?? 'false'
    if (!isLexical(value, `${XSD}boolean`)) throw fail(`${JSON.stringify(value)} is no boolean.`, name)
    return value === 'true' || value === '1'
  }
  const subscriber = one('hasSubscriber')
  if (!isHttpIri(subscriber)) throw fail(`api:hasSubscriber must be the web address of an organisation, not ${JSON.stringify(subscriber)}.`, 'hasSubscriber')
  const wanted = new Set(all('includeSubscriptionEventType').map((iri) => iri.slice(iri.startsWith(API) ? API.length : 0)))
  const events = SUBSCRIPTION_EVENTS.filter((event) => wanted.delete(event))
  const [strange] = wanted
  if (strange !== undefined) throw fail(`${JSON.stringify(strange)} is no api:SubscriptionEventType; there are ${SUBSCRIPTION_EVENTS.join(', ')}.`, 'includeSubscriptionEventType')
  if (events.length === 0) throw fail('api:Subscription needs at least one api:includeSubscriptionEventType.', 'includeSubscriptionEventType')
  const contentTypes = all('hasContentType')
  if (contentTypes.length > 0 && !contentTypes.some((type) => /^application\/ld\+json\s*(;|$)/i.test(type))) {
    throw unprocessable('Notifications can be had as application/ld+json only.', { property: `${API}hasContentType`, resource: node.id })
  }
  return {
    subscriber, events, topic: readTopic(one('hasTopicType'), one('hasTopic'), fail),
    sendBody: flag('sendLogisticsObjectBody'), notifyStatus: flag('notifyRequestStatusChange'), expiresAt: expiry(optional('expiresAt'), node.id, now),
  }
}

const expiry = (text: string | null, resource: string, now: number): number | null => {
  if (text === null) return null
  const about = { property: `${API}expiresAt`, resource }
  const time = isLexical(text, `${XSD}dateTime`) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw invalidBody(`${JSON.stringify(text)} is no xsd:dateTime.`, about)
  if (time <= now) throw unprocessable('The subscription would have ended before it begins.', about)
  return time
}

/** Equal for two subscriptions by which the same would be sent to the same: their end does not matter (IATA, ONE-Record issue 432). */
export const sameness = ({ subscriber, topic, events, sendBody, notifyStatus }: Subscription): string =>
  JSON.stringify([subscriber, topic.type, topic.iri, events, sendBody, notifyStatus])
