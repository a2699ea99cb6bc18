import * as z from 'zod/mini'
import { inWords } from '../../outbound/port.ts'
import { httpIri } from '../access/schemas.ts'
import type { Server } from '../endpoints/server.ts'
import { plainJson } from '../holder/plain-json.ts'
import type { Answer } from '../http/answer.ts'
import { ApiError, invalidBody, TITLES, unprocessable } from '../http/api-error.ts'
import { readPlainJson } from '../http/json.ts'
import type { Call } from '../http/router.ts'
import { readDocument } from '../json-ld/read.ts'
import { parseJson } from '../json-ld/reader.ts'
import { API } from '../namespaces.ts'
import { validate } from '../objects/check.ts'
import type { Remote } from '../remote/client.ts'
import { decideRequest, holderAgent } from '../requests/requests.ts'
import { openSubscription } from './open-subscription.ts'
import { readSubscriptions, type SubscriptionNode } from './subscription.ts'
import { readTopic, type Topic } from './topic.ts'

/** Body of POST /holder/subscription-offers. */
export const offerSchema = z.strictObject({ to: httpIri, topicType: z.string(), topic: z.string().check(z.maxLength(500)) })
/** Subscriptions that are taken of one answer. */
const MOST = 10

/**
 * POST /holder/subscription-offers: asks a partner's server what it wants to be told about a topic, and makes it an accepted
 * subscription (2.3.0, Get Subscription information as Publisher). Answers with the IRIs of the requests it made.
 */
export const offerSubscription = (server: Server, remote: Remote) => async ({ request, agent }: Call): Promise<Answer> => {
  server.access.holderOnly(agent)
  const { to, ...given } = await readPlainJson(request, server.maxBodyBytes, offerSchema)
  const topic = readTopic(given.topicType, given.topic, (message, property) => invalidBody(message, { property: API + property }))
  const wanted = await askFor(server, remote, to, topic)
  const requests = await server.record.write(async (tx) => {
    const made: string[] = []
    for (const node of wanted) {
      const opened = await openSubscription(tx, server, node, { uri: to, isHolder: false })
      await decideRequest(tx, server, opened.request.id, 'REQUEST_ACCEPTED', holderAgent(server))
      made.push(opened.iri)
    }
    return made
  })
  return plainJson({ requests }, 201, { location: requests[0] ?? '' })
}

/** @throws ApiError 422 when the partner wants nothing of it or something else, 502 when it cannot be asked */
const askFor = async (server: Server, remote: Remote, to: string, topic: Topic): Promise<readonly SubscriptionNode[]> => {
  const query = new URLSearchParams({ topicType: API + topic.type, topic: topic.iri })
  const outcome = await remote.get(to, `/subscriptions?${query.toString()}`)
  if (outcome.kind === 'answered' && outcome.status >= 400 && outcome.status < 500) throw unprocessable(`The partner's server wants no such subscription: it ${inWords(outcome)}.`, { resource: to })
  if (outcome.kind !== 'answered' || outcome.status !== 200) throw new ApiError(502, TITLES.internal, `The partner's server: ${inWords(outcome)}.`, { resource: to })
  const nodes = await readAnswer(server, String(outcome.body), to)
  if (nodes.length === 0 || nodes.length > MOST) throw unprocessable(`The partner's server answers with ${nodes.length} subscriptions.`, { resource: to })
  for (const { subscription } of nodes) {
    // the standard: it is the publisher's to compare
    if (subscription.topic.type !== topic.type || subscription.topic.iri !== topic.iri) throw unprocessable('The partner\'s server answers with another topic.', { property: `${API}hasTopic`, resource: subscription.topic.iri })
    if (subscription.subscriber !== to) throw unprocessable('The partner\'s server answers with another subscriber.', { property: `${API}hasSubscriber`, resource: subscription.subscriber })
  }
  return nodes
}

const readAnswer = async (server: Server, text: string, to: string): Promise<readonly SubscriptionNode[]> => {
  try {
    const document = await readDocument(parseJson(text))
    validate(document.graph, server)
    return readSubscriptions(document, Date.now())
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500) throw error
    throw unprocessable(`The partner's server answers with what is no subscription: ${error.message}`, { ...error.about, resource: to })
  }
}
