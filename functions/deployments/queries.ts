import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { activityOf } from '../../projections/activity/queries.ts'
import { listDeployments } from '../../projections/deployments/queries.ts'
import { historyOf } from '../../projections/history/queries.ts'
import type { ListQuery, PageQuery } from './bodies.ts'
import { answer } from './representation.ts'

type One<Query = unknown> = HttpRequest<{ readonly id: string }, undefined, Query>

/** GET /: from the read model, newest first. @throws INVALID_FIELD, UNKNOWN_FIELD, READ_MODEL_UNAVAILABLE */
export const list = async ({ query }: HttpRequest<unknown, undefined, ListQuery>, { readModels, settings }: Platform): Promise<HttpReply> => {
  const { cursor, limit, ...filter } = query
  const { items, next } = await listDeployments(readModels, filter, { cursor, limit })
  return ok({ items: items.map((item) => ({ ...item, url: settings.urlOf(item.name) })), next })
}

/**
 * GET /:id: folded from the stream, so that a writer reads its own write. Never 304: the entity tag is the owner's revision, and
 * what is shown changes with every sleep. @throws DEPLOYMENT_NOT_FOUND
 */
export const show = async ({ params }: One, platform: Platform): Promise<HttpReply> => answer(200, await platform.deployments.load(params.id), platform)

/** GET /:id/history: every event of the deployment and its claims. @throws DEPLOYMENT_NOT_FOUND, READ_MODEL_UNAVAILABLE */
export const history = async ({ params, query }: One<PageQuery>, { readModels, deployments }: Platform): Promise<HttpReply> => {
  await deployments.load(params.id)
  return ok(await historyOf(readModels, params.id, query))
}

/** GET /:id/activity: hits, wakes, wake times, awake seconds. @throws DEPLOYMENT_NOT_FOUND, READ_MODEL_UNAVAILABLE */
export const activity = async ({ params }: One, { readModels, deployments }: Platform): Promise<HttpReply> => {
  await deployments.load(params.id)
  return ok(await activityOf(readModels, params.id))
}

const ok = (body: object): HttpReply => ({ status: 200, headers: { 'cache-control': 'no-store' }, body })
