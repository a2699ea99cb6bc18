import { subscriptionsOf } from '../../infra/aggregates/subscriptions.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { listSubscriptions } from '../../projections/subscriptions/queries.ts'
import type { ListQuery } from './bodies.ts'
import { answer } from './representation.ts'

/** GET /: from the read model, newest first. @throws INVALID_FIELD, UNKNOWN_FIELD, READ_MODEL_UNAVAILABLE */
export const list = async ({ query }: HttpRequest<unknown, undefined, ListQuery>, { readModels }: Platform): Promise<HttpReply> => {
  const { cursor, limit, ...filter } = query
  return { status: 200, headers: { 'cache-control': 'no-store' }, body: await listSubscriptions(readModels, filter, { cursor, limit }) }
}

/** GET /:id: folded from the stream, with how its deliveries go. @throws SUBSCRIPTION_NOT_FOUND */
export const show = async ({ params }: HttpRequest<{ readonly id: string }, undefined, unknown>, { store, subscribers }: Platform): Promise<HttpReply> => {
  const { subscription } = await subscriptionsOf(store).load(params.id)
  return answer(200, subscription, { deliveries: await subscribers.deliveries(params.id) })
}
