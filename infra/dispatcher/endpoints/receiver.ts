import type { Subscriptions } from '../../aggregates/subscriptions.ts'
import type { Outbound } from '../../outbound/port.ts'
import { post } from '../../subscriptions/post.ts'
import type { Receiver } from '../receiver.ts'
import { toEndpointVerdict } from './verdict.ts'

type Parts = { readonly subscriptions: Subscriptions; readonly outbound: Outbound; readonly signingKey: string }

/**
 * The endpoint of a subscription as it is now, for what was parked for it once. It goes past the breaker, which is for what comes by
 * itself: an operator asked.
 */
export const endpointReceiver = (subscriptionId: string, { subscriptions, outbound, signingKey }: Parts): Receiver => async (head, body) => {
  const subscription = (await subscriptions.find(subscriptionId))?.subscription
  if (!subscription || subscription.status === 'deleted') return { verdict: 'park', reason: `subscription ${subscriptionId} was deleted: discard it` }
  if (subscription.status === 'paused') return { verdict: 'park', reason: `subscription ${subscriptionId} is paused: resume it and redrive` }
  const outcome = await post({ subscription, outbound, signingKey }, head, body)
  const verdict = toEndpointVerdict(outcome, { attempt: head.attempt, nowMs: Date.now(), random: Math.random })
  return verdict.verdict === 'gone' ? { verdict: 'park', reason: verdict.reason } : verdict
}
