import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { unprocessable } from '../http/api-error.ts'
import { checkAccept } from '../http/negotiate.ts'
import type { Call } from '../http/router.ts'
import { API, shortName, XSD } from '../namespaces.ts'
import { holderAgent } from '../requests/requests.ts'
import { topicOfQuery } from './topic.ts'
import { wishesOf, wishFor } from './wishes.ts'

/** GET /subscriptions (2.3.0, Get Subscription information as Publisher): what this server's holder wants to be told about a topic. */
export const subscriptionInformation = (server: Server) => async ({ request, query }: Call): Promise<Answer> => {
  checkAccept(request.headers.accept)
  const topic = topicOfQuery(query)
  const wish = wishFor(await wishesOf(server.record.reader()), topic)
  if (!wish) throw unprocessable(`Nothing is wanted here about ${shortName(topic.iri)}.`, { property: `${API}hasTopic`, resource: topic.iri })
  const body = JSON.stringify({
    '@context': { api: API },
    '@id': `${server.base}/subscriptions?${new URLSearchParams({ topicType: API + topic.type, topic: topic.iri }).toString()}`,
    '@type': 'api:Subscription',
    'api:hasContentType': 'application/ld+json',
    'api:hasSubscriber': { '@id': holderAgent(server).uri },
    'api:hasTopicType': { '@id': `api:${topic.type}` },
    'api:hasTopic': { '@type': `${XSD}anyURI`, '@value': topic.iri },
    'api:includeSubscriptionEventType': wish.events.map((event) => ({ '@id': `api:${event}` })),
    'api:sendLogisticsObjectBody': wish.sendBody,
    'api:notifyRequestStatusChange': wish.notifyStatus,
  })
  return { status: 200, body, headers: { type: `${API}Subscription` } }
}
