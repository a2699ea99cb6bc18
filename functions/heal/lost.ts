import * as decide from '../../events/instance/decide.ts'
import type { LoadedInstance } from '../../infra/aggregates/instances.ts'
import { routeOfInstance } from '../../infra/claims/route.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import type { Nodes } from './nodes.ts'

/** An agent knows of a claim before its first event is stored, and hears of its end before that is: what is younger proves nothing. */
const SETTLED_AFTER_MS = 30_000

/**
 * Gives up an instance whose slot is gone though nobody could say so: its node vanished and its lease has surely ended, or its
 * agent knows nothing of it. Resolves to whether it is (being) given up.
 */
export const giveUpAsLost = async (loaded: LoadedInstance, nodes: Nodes | null, cause: Cause, on: Platform): Promise<boolean> => {
  const { node, claimId } = loaded.instance
  if (!nodes || node === null) return false
  if (nodes.gone.has(node)) {
    if (nodes.budget.take()) await lose(loaded, `its node ${node} is gone`, 'node', cause, on)
    return true
  }
  const held = nodes.held.get(node)
  if (!held || held.some((one) => one.claimId === claimId) || Date.parse(now(on)) - Date.parse(loaded.event.data.at) < SETTLED_AFTER_MS) return false
  await lose(loaded, `the agent of ${node} knows no such slot`, 'slot', cause, on)
  return true
}

const lose = async (loaded: LoadedInstance, reason: string, cause: 'slot' | 'node', by: Cause, on: Platform): Promise<void> => {
  // only as it was when its node was looked at: whatever happened to it since, it was alive
  const decideOn = (today: typeof loaded.instance) => (today === loaded.instance ? decide.lost(reason, { at: now(on), cause }, today) : [])
  const lost = await on.instances.changeLoaded(loaded, decideOn, by.id, by.metadata)
  if (lost?.changed) await on.routes.put(routeOfInstance(lost))
}
