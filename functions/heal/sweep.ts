import { streamId } from '../../events/envelope.ts'
import { isFailure } from '../../events/errors.ts'
import type { Message } from '../../events/messages.ts'
import type { Held } from '../../infra/agent/port.ts'
import { tellFreeAgain } from '../../infra/claims/capacity.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { later, now, type Platform } from '../../infra/platform/port.ts'
import { unsettledDeployments } from '../../projections/deployments/queries.ts'
import { budgetOf } from './budget.ts'
import { mend } from './mend.ts'
import { lookAtNodes, type Nodes } from './nodes.ts'
import { releaseOrphans } from './orphans.ts'
import { lookAtUses } from './uses.ts'

type HealDue = Extract<Message, { type: 'HealDue' }>['data']

/** Of one sweep: deployments in between or on a vanished node; events of deployments read on from the last sweep; slots looked at on each node. */
const UNSETTLED = 200
const EVENTS = 300
const SLOTS = 100
/** Deployments mended at the same time. */
const AT_ONCE = 8

/**
 * Compares what is wanted with what is, a bounded part at a time: first what the read model says is unsettled, then the
 * deployments in the order of their events, read on from where the sweep before stopped, so that in time each is looked at
 * without any read model. The next sweep is set before this one begins: it comes whatever this one meets.
 */
export const sweep = async ({ cursor, spent }: HealDue, cause: Cause, on: Platform): Promise<void> => {
  await arm({ cursor: null, spent }, cause, on)
  const budget = budgetOf(spent, now(on), on.settings.heal)
  try {
    const nodes = await lookAtNodes(budget, cause, on)
    for (const [node, held] of nodes.held) await tolerate(() => releaseOrphans(node, inTurn(held, on), on), { node }, on)
    const [unsettled, page] = await Promise.all([unsettledNow(nodes, on), readOn(cursor, on)])
    await tellFreeAgain(cause, on)
    await tolerate(() => lookAtUses(nodes, cause, on), {}, on)
    await mendAll([...new Set([...unsettled, ...page.ids])], nodes, cause, on)
    await arm({ cursor: page.next, spent: budget.spent() }, cause, on, nodes.nextGoneAt)
  } catch (error) {
    on.log.warn({ err: error }, 'what is wanted could not be compared with what is; the next sweep does')
  }
}

/** `early`: when there is something to do sooner. RFC 3339. */
const arm = (data: HealDue, cause: Cause, on: Platform, early: string | null = null): Promise<void> => {
  const next = later(now(on), on.settings.heal.everyMs)
  const due = early !== null && Date.parse(early) < Date.parse(next) ? later(early, 1) : next
  return on.timers.schedule('heal.sweep', due, { type: 'HealDue', data }, cause.metadata)
}

/** What the read models know; nothing while they are away. */
const unsettledNow = ({ gone }: Nodes, { readModels, log }: Platform): Promise<readonly string[]> =>
  unsettledDeployments(readModels, { nodes: [...gone], limit: UNSETTLED }).catch((error: unknown) => {
    if (!isFailure(error, 'READ_MODEL_UNAVAILABLE')) throw error
    log.info({ reason: error.message }, 'healing goes on without the read models')
    return []
  })

const readOn = async (cursor: string | null, { store }: Platform): Promise<{ readonly ids: readonly string[]; readonly next: string | null }> => {
  const ids: string[] = []
  for await (const event of store.readAll({ categories: ['deployment'], unreadable: () => {}, ...(cursor === null ? {} : { after: cursor }) })) {
    ids.push(streamId(event.stream))
    if (ids.length === EVENTS) return { ids, next: event.position }
  }
  return { ids, next: null }
}

const mendAll = async (ids: readonly string[], nodes: Nodes, cause: Cause, on: Platform): Promise<void> => {
  const waiting = ids.values()
  const work = async () => {
    for (const id of waiting) await tolerate(() => mend(id, nodes, cause, on), { deploymentId: id }, on)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** One that cannot be mended now is no reason to leave the others; the next round comes to it again. */
const tolerate = async (action: () => Promise<void>, what: object, { log }: Platform): Promise<void> => {
  try {
    await action()
  } catch (error) {
    log.warn({ ...what, err: error }, 'could not be healed now')
  }
}

/** A part of what a node holds, another one each time. */
const inTurn = (held: readonly Held[], on: Platform): readonly Held[] => {
  if (held.length <= SLOTS) return held
  const round = Math.floor(Date.parse(now(on)) / on.settings.heal.everyMs)
  const from = (round * SLOTS) % held.length
  return [...held.slice(from), ...held.slice(0, from)].slice(0, SLOTS)
}
