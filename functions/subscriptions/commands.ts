import type { SubscriptionEvent, Terms } from '../../events/subscription/events.ts'
import * as decide from '../../events/subscription/decide.ts'
import type { Subscription } from '../../events/subscription/state.ts'
import { subscriptionsOf } from '../../infra/aggregates/subscriptions.ts'
import { asked } from '../../infra/functions/asked.ts'
import { isRepeat, requireMatch } from '../../infra/functions/conditions.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import type { ChangeBody } from './bodies.ts'
import { requireCallable } from './create.ts'
import { answer, secretOf } from './representation.ts'

type One<Body> = HttpRequest<{ readonly id: string }, Body, unknown>
type Decide<Body> = (body: Body, at: string, subscription: Subscription) => readonly SubscriptionEvent[]

/** Loads, decides, appends; a repeated Idempotency-Key changes nothing. Resolves to the subscription as it is then. */
const changed = async <Body>(request: One<Body>, platform: Platform, decision: Decide<Body>): Promise<Subscription> => {
  const { id } = request.params
  const { store } = platform
  const ask = asked(request, id)
  const subscriptions = subscriptionsOf(store)
  await subscriptions.change(id, ({ subscription, events }) => {
    if (isRepeat(events, ask)) return []
    requireMatch(request.headers['if-match'], subscription.revision)
    return decision(request.body, now(platform), subscription)
  }, ask.cause, ask.metadata)
  return (await subscriptions.load(id)).subscription
}

/** A command on one subscription: 202 and what it is then. @throws SUBSCRIPTION_NOT_FOUND, SUBSCRIPTION_DELETED, STALE_REVISION, IDEMPOTENCY_KEY_REUSED */
const command = <Body>(decision: Decide<Body>) => async (request: One<Body>, platform: Platform): Promise<HttpReply> =>
  answer(202, await changed(request, platform, decision))

export const pause = command<unknown>((_, at, subscription) => decide.pause('requested', at, subscription))
export const resume = command<unknown>((_, at, subscription) => decide.resume(at, subscription))
export const remove = command<unknown>((_, at, subscription) => decide.remove(at, subscription))

/** PATCH /:id. @throws INVALID_FIELD (url, topics, types), and as the others */
export const change = async (request: One<ChangeBody>, platform: Platform): Promise<HttpReply> => {
  if (request.body.url !== undefined) await requireCallable(request.body.url, platform)
  return answer(202, await changed(request, platform, (body, at, subscription) => decide.change(given(body), at, subscription)))
}

/** POST /:id/rotate-secret: 202 with the new secret; deliveries are signed with both for a day. */
export const rotateSecret = async (request: One<unknown>, platform: Platform): Promise<HttpReply> => {
  const subscription = await changed(request, platform, (_, at, current) => decide.rotateSecret(at, current))
  return answer(202, subscription, secretOf(subscription, platform))
}

/** Only what was sent: null is a value. */
const given = (body: ChangeBody): Partial<Terms> => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
