import type { Subscription } from '../../../events/subscription/state.ts'
import type { DeliveryHead } from '../../delivery/cloud-event.ts'
import { webhookSecret } from '../../delivery/webhook.ts'
import { parseAllow } from '../../outbound/allow.ts'
import type { Outcome } from '../../outbound/port.ts'
import { parseTarget } from '../../outbound/target.ts'
import { NOTHING_NOTED, type Subscribers } from '../../subscriptions/port.ts'

/** The guard as it is, without a network: every public name has an address, and what is sent is kept. */
export const testSubscribers = (): Subscribers & { readonly sent: { readonly subscription: Subscription; readonly head: DeliveryHead; readonly body: unknown }[]; outcome: Outcome } => {
  const guard = { allow: parseAllow(''), ownHosts: ['play.localhost'] }
  const subscribers: ReturnType<typeof testSubscribers> = {
    sent: [],
    outcome: { kind: 'answered', status: 204, retryAfter: undefined, ms: 12.3 },
    refusal: async (url) => {
      try {
        parseTarget(url, guard)
        return null
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    },
    secret: ({ subscriptionId, secretVersion }) => webhookSecret('the-signing-key', subscriptionId, secretVersion),
    send: async (subscription, head, body) => (subscribers.sent.push({ subscription, head, body: JSON.parse(Buffer.from(body).toString()) }), subscribers.outcome),
    deliveries: async () => ({ ...NOTHING_NOTED, lag: null, parked: 0 }),
  }
  return subscribers
}
