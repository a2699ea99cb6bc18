import * as decide from '../../events/drain/decide.ts'
import type { DrainEvent } from '../../events/drain/events.ts'
import type { Drain } from '../../events/drain/state.ts'
import { failure } from '../../events/errors.ts'
import { drainsOf } from '../../infra/aggregates/drains.ts'
import { asked } from '../../infra/functions/asked.ts'
import { isRepeat } from '../../infra/functions/conditions.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { shownDrain } from './representation.ts'

type Decision = (command: { readonly node: string; readonly at: string }, today: Drain | null) => readonly DrainEvent[]

/** What a node can be called (NODE_NAME). */
const NAME = /^[a-z0-9-]{1,60}$/

/** A command on one node: 202 and whether it is in use then. What follows happens a moment later, see `move`. @throws NOT_FOUND, IDEMPOTENCY_KEY_REUSED */
const command = (decision: Decision) => async (request: HttpRequest<{ readonly node: string }, undefined, unknown>, platform: Platform): Promise<HttpReply> => {
  const { node } = request.params
  if (!(await isKnown(node, platform))) throw failure('NOT_FOUND', { path: `/api/nodes/${node.slice(0, 100)}` })
  const ask = asked(request, `node ${node}`)
  const drains = drainsOf(platform.store)
  const isDone = ask.idempotent && isRepeat(await platform.store.read<DrainEvent>(`drain.${node}`), ask)
  const drain = await drains.change(node, (today) => (isDone ? [] : decision({ node, at: now(platform) }, today)), ask.cause, ask.metadata)
  const held = platform.agents.heard().find((beat) => beat.node === node)?.claimed ?? 0
  return { status: 202, headers: { 'content-location': `/api/nodes/${node}`, 'cache-control': 'no-store' }, body: { node, drain: shownDrain(drain, held) } }
}

export const drain = command(({ node, at }, today) => decide.requestDrain({ node, cause: 'operator', at }, today))
export const back = command(decide.returned)

/** It has told something, or is heard for the first time. */
const isKnown = async (node: string, { store, agents }: Platform): Promise<boolean> =>
  NAME.test(node) && (agents.heard().some((beat) => beat.node === node) || (await store.last(`node.${node}`)) !== null)
