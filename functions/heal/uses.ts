import { drainsOf } from '../../infra/aggregates/drains.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import type { Nodes } from './nodes.ts'

/** Slots of an old generation that one sweep has followed by others. */
const UPGRADES = 25

/**
 * What nodes hold against what they are to hold: a node that is drained and not empty, or whose agent has missed that it is (or is no
 * longer), is looked at once more; slots of a generation that is offered no more are followed by others, a few at a time.
 */
export const lookAtUses = async ({ held }: Nodes, cause: Cause, on: Platform): Promise<void> => {
  const drains = await drainsOf(on.store).all()
  const taking = new Map(on.agents.heard().map(({ node, draining }) => [node, draining !== true]))
  for (const node of new Set([...drains.keys(), ...taking.keys()])) {
    const drain = drains.get(node)
    const missed = taking.has(node) && taking.get(node) !== (drain === undefined)
    const unfinished = drain?.status === 'draining' || (drain && (held.get(node)?.length ?? 0) > 0)
    if (missed || unfinished) await on.timers.schedule(`drain.${node}`, now(on), { type: 'DrainDue', data: { node } }, cause.metadata)
  }
  for (const { claimId, deploymentId } of [...held.values()].flat().filter(({ outdated }) => outdated).slice(0, UPGRADES)) {
    await on.timers.schedule(`move.${claimId}`, now(on), { type: 'MoveDue', data: { deploymentId, claimId, reason: 'upgrade' } }, cause.metadata)
  }
}
