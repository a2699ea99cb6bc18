import { failure } from '../../events/errors.ts'
import * as decide from '../../events/subscription/decide.ts'
import { untilNoConflict } from '../../infra/aggregates/append.ts'
import { subscriptionsOf } from '../../infra/aggregates/subscriptions.ts'
import { asked, OWNER } from '../../infra/functions/asked.ts'
import { isRepeat } from '../../infra/functions/conditions.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { derivedId } from '../../infra/ids.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import type { CreateBody } from './bodies.ts'
import { answer, secretOf } from './representation.ts'

/**
 * POST /: 201 with the subscription and, only here, its secret. The id comes from owner and Idempotency-Key, so that a retry is the
 * same subscription and gets the same answer. @throws INVALID_FIELD (url, topics, types), IDEMPOTENCY_KEY_REUSED
 */
export const create = async (request: HttpRequest<unknown, CreateBody, unknown>, platform: Platform): Promise<HttpReply> => {
  const ask = asked(request, 'subscriptions')
  const subscriptionId = derivedId('subscription', ask.cause)
  const subscriptions = subscriptionsOf(platform.store)
  return untilNoConflict(async () => {
    const existing = await subscriptions.find(subscriptionId)
    if (existing) isRepeat(existing.events, ask)
    else {
      await requireCallable(request.body.url, platform)
      const events = decide.create({ ...request.body, subscriptionId, owner: OWNER, at: now(platform) })
      await subscriptions.begin(subscriptionId, events, ask.cause, ask.metadata)
    }
    const { subscription } = await subscriptions.load(subscriptionId)
    const reply = answer(201, subscription, secretOf(subscription, platform))
    return { ...reply, headers: { ...reply.headers, location: `/api/subscriptions/${subscriptionId}` } }
  })
}

/** @throws INVALID_FIELD that names the url and says what is wrong with it */
export const requireCallable = async (url: string, { subscribers }: Platform): Promise<void> => {
  const reason = await subscribers.refusal(url)
  if (reason !== null) throw failure('INVALID_FIELD', { field: 'url', reason })
}
