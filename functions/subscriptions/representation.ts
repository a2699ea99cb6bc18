import type { Subscription } from '../../events/subscription/state.ts'
import { etag } from '../../infra/functions/conditions.ts'
import type { HttpReply } from '../../infra/functions/router.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { previousSecretUntil } from '../../infra/subscriptions/port.ts'

/** A subscription as people see it. */
const represent = (subscription: Subscription) => {
  const { subscriptionId, secretSince: _, ...rest } = subscription
  return { id: subscriptionId, ...rest, previousSecretUntil: previousSecretUntil(subscription) }
}

/** The answer about one subscription, with its entity tag. */
export const answer = (status: number, subscription: Subscription, more: object = {}): HttpReply => ({
  status,
  headers: { etag: etag(subscription.revision), 'content-location': `/api/subscriptions/${subscription.subscriptionId}`, 'cache-control': 'no-store' },
  body: { ...represent(subscription), ...more },
})

/** The secret of now: told where it is made, and nowhere else. */
export const secretOf = (subscription: Subscription, { subscribers }: Platform) => ({ secret: subscribers.secret(subscription) })
