import { z } from 'zod'
import { STATUSES } from '../../events/states.ts'
import { parseInput } from '../../infra/functions/input.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { words } from '../../infra/functions/words.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { activityOf } from '../../projections/activity/queries.ts'
import { listDeployments } from '../../projections/deployments/queries.ts'
import { historyOf } from '../../projections/history/queries.ts'
import { answer } from './representation.ts'

type One = HttpRequest<{ readonly id: string }>

const page = { cursor: z.string().max(500).optional(), limit: z.coerce.number().optional() }
const listQuery = z.strictObject({
  ...page, status: z.enum(STATUSES).optional(), owner: words(200).optional(), wanted: z.enum(['running', 'stopped', 'deleted']).optional(), search: z.string().optional(),
})
const pageQuery = z.strictObject(page)
const noQuery = z.strictObject({})

/** GET /: from the read model, newest first. @throws INVALID_FIELD, UNKNOWN_FIELD, READ_MODEL_UNAVAILABLE */
export const list = async ({ query }: HttpRequest, { readModels, settings }: Platform): Promise<HttpReply> => {
  const { cursor, limit, ...filter } = parseInput(listQuery, query)
  const { items, next } = await listDeployments(readModels, filter, { cursor, limit })
  return ok({ items: items.map((item) => ({ ...item, url: settings.urlOf(item.name) })), next })
}

/**
 * GET /:id: folded from the stream, so that a writer reads its own write. Never 304: the entity tag is the owner's revision, and
 * what is shown changes with every sleep. @throws DEPLOYMENT_NOT_FOUND
 */
export const show = async ({ params, query }: One, platform: Platform): Promise<HttpReply> => {
  parseInput(noQuery, query)
  return answer(200, await platform.deployments.load(params.id), platform)
}

/** GET /:id/history: every event of the deployment and its claims. @throws DEPLOYMENT_NOT_FOUND, READ_MODEL_UNAVAILABLE */
export const history = async ({ params, query }: One, { readModels, deployments }: Platform): Promise<HttpReply> => {
  const asked = parseInput(pageQuery, query)
  await deployments.load(params.id)
  return ok(await historyOf(readModels, params.id, asked))
}

/** GET /:id/activity: hits, wakes, wake times, awake seconds. @throws DEPLOYMENT_NOT_FOUND, READ_MODEL_UNAVAILABLE */
export const activity = async ({ params, query }: One, { readModels, deployments }: Platform): Promise<HttpReply> => {
  parseInput(noQuery, query)
  await deployments.load(params.id)
  return ok(await activityOf(readModels, params.id))
}

const ok = (body: object): HttpReply => ({ status: 200, headers: { 'cache-control': 'no-store' }, body })
