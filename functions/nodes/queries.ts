import { failure } from '../../events/errors.ts'
import type { Agents, Heartbeat } from '../../infra/agent/port.ts'
import { drainsOf } from '../../infra/aggregates/drains.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { countSlots, getNode, listNodes, listSlots, type NodeSummary } from '../../projections/nodes/queries.ts'
import type { ListQuery, ShowQuery } from './contract.ts'
import { shownDrain } from './representation.ts'

/** GET /: by name, each with its claimed slots counted by state, and `now`. @throws INVALID_FIELD, UNKNOWN_FIELD, READ_MODEL_UNAVAILABLE */
export const list = async ({ query }: HttpRequest<unknown, undefined, ListQuery>, { readModels, agents, store }: Platform): Promise<HttpReply> => {
  const { state, ...at } = query
  const drains = await drainsOf(store).all()
  const [{ items, next }, now] = [await listNodes(readModels, { state }, at), heard(agents)]
  // one that has just come is heard before its start is told; it is shown on the first page
  const unknown = at.cursor === undefined && (state === undefined || state === 'live')
    ? (await Promise.all([...now.keys()].filter((node) => !items.some((item) => item.node === node)).map(async (node) => ((await getNode(readModels, node)) ? [] : [node])))).flat()
    : []
  const slots = await countSlots(readModels, [...items.map(({ node }) => node), ...unknown])
  const shown = [...items, ...unknown.map(newcomer)].map((one) => {
    const [claimed, beat] = [slots.get(one.node) ?? {}, now.get(one.node) ?? null]
    return { ...one, slots: claimed, drain: shownDrain(drains.get(one.node) ?? null, beat?.claimed ?? inAll(claimed)), now: beat }
  })
  return answer({ items: shown, next })
}

/** GET /:node: the node, `now`, and a page of the slots that are claimed on it. @throws NOT_FOUND and as `list` */
export const show = async ({ params: { node }, query }: HttpRequest<{ readonly node: string }, undefined, ShowQuery>, { readModels, agents, store }: Platform): Promise<HttpReply> => {
  const { state, ...at } = query
  const now = heard(agents).get(node) ?? null
  const known = (await getNode(readModels, node)) ?? (now ? newcomer(node) : null)
  if (!known) throw failure('NOT_FOUND', { path: `/api/nodes/${node.slice(0, 100)}` })
  const [drain, claimed] = await Promise.all([drainsOf(store).current(node), now ? now.claimed : countSlots(readModels, [node]).then((slots) => inAll(slots.get(node) ?? {}))])
  return answer({ ...known, drain: shownDrain(drain, claimed), now, slots: await listSlots(readModels, { node, state }, at) })
}

/** What an agent says of itself now: what is free, its load and pressure. */
type Now = Omit<Heartbeat, 'node'>

/** The agents that are heard now, whatever they offer. */
const heard = (agents: Agents): ReadonlyMap<string, Now> =>
  new Map(agents.heard().map(({ node, ...now }) => [node, now]))

const inAll = (slots: Readonly<Record<string, number>>): number => Object.values(slots).reduce((sum, count) => sum + count, 0)

type Newcomer = Omit<NodeSummary, 'since'> & { readonly since: null }

const newcomer = (node: string): Newcomer =>
  ({ node, state: 'live', since: null, startedAt: null, adopted: null, maxSlots: null, lastSeenAt: null, slotsLost: 0, lostSlotReason: null, lostSlotAt: null })

const answer = (body: object): HttpReply => ({ status: 200, headers: { 'cache-control': 'no-store' }, body })
