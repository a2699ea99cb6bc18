import { unprocessable } from '../http/api-error.ts'
import { readJsonLd } from '../json-ld/reader.ts'
import { CONTEXT } from '../json-ld/writer.ts'
import { API } from '../namespaces.ts'
import type { Effect } from '../requests/port.ts'
import { MOST_OF_TOPIC, putActive, removeActive, subscriptionsOf } from './rows.ts'
import { readSubscription } from './subscription.ts'

/** An accepted api:SubscriptionRequest is an active subscription, until it is revoked or expires. */
export const subscriptionEffect: Effect = {
  accepted: async ({ tx, request, content }) => {
    const { subscription } = readSubscription(readJsonLd({ '@context': CONTEXT, ...content }), tx.at.getTime())
    const others = await subscriptionsOf(tx, subscription.topic.iri)
    if (others.length >= MOST_OF_TOPIC) throw unprocessable(`There are ${MOST_OF_TOPIC} subscriptions of this topic already, as many as one may have.`, { property: `${API}hasTopic`, resource: subscription.topic.iri })
    putActive(tx, { ...subscription, id: request.id })
  },
  revoked: async ({ tx, request }) => removeActive(tx, request.id),
}
