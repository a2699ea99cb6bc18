import { failure } from '../../events/errors.ts'
import { subscriptionsOf } from '../../infra/aggregates/subscriptions.ts'
import { OWNER } from '../../infra/functions/asked.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { derivedId } from '../../infra/ids.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { inWords, isDelivered } from '../../infra/outbound/port.ts'

/**
 * POST /:id/ping: sends one signed CloudEvent of type `Ping`, paused or not, and answers 200 with what came back: the status and the
 * milliseconds until then, never the body. It is no event: it has no place in the stream, and is not tried again.
 * @throws SUBSCRIPTION_NOT_FOUND, SUBSCRIPTION_DELETED
 */
export const ping = async (request: HttpRequest<{ readonly id: string }, unknown, unknown>, platform: Platform): Promise<HttpReply> => {
  const { id } = request.params
  const { subscription } = await subscriptionsOf(platform.store).load(id)
  if (subscription.status === 'deleted') throw failure('SUBSCRIPTION_DELETED', { id })
  const at = now(platform)
  const head = {
    id: derivedId('ping', request.callId, at), type: 'Ping', subject: `events.subscription.${id}`, sequence: '0', revision: null, version: 1, at, attempt: 1,
    metadata: { correlationId: request.callId, actor: OWNER },
  }
  const outcome = await platform.subscribers.send(subscription, head, Buffer.from(JSON.stringify({ subscriptionId: id, at })))
  const { status, ms } = outcome.kind === 'answered' ? outcome : { status: null, ms: null }
  return { status: 200, headers: { 'cache-control': 'no-store' }, body: { delivered: isDelivered(outcome), outcome: inWords(outcome), status, ms: ms === null ? null : Math.round(ms) } }
}
