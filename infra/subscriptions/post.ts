import type { Subscription } from '../../events/subscription/state.ts'
import type { DeliveryHead } from '../delivery/cloud-event.ts'
import { secretsOf, webhookHeaders } from '../delivery/webhook.ts'
import type { Outbound, Outcome } from '../outbound/port.ts'

export type Posting = { readonly subscription: Subscription; readonly outbound: Outbound; readonly signingKey: string }

/** Posts one event to the endpoint of a subscription, signed with its secret. Never throws. */
export const post = ({ subscription, outbound, signingKey }: Posting, head: DeliveryHead, body: Uint8Array): Promise<Outcome> => {
  const nowMs = Date.now()
  return outbound.send({ url: subscription.url, headers: webhookHeaders(secretsOf(signingKey, subscription, nowMs), head, body, nowMs), body })
}
