import type { Instance, InstanceEvent } from '../../events/instance/events.ts'
import type { LoadedInstance } from '../aggregates/instances.ts'
import type { Cause } from '../functions/cause.ts'
import { now, type Platform } from '../platform/port.ts'
import { orLost } from './lost.ts'
import { routeOfInstance } from './route.ts'

/** `abandonPause` or `abandonHibernation`. */
type Abandon = (reason: string, at: { readonly at: string }, instance: Instance) => readonly InstanceEvent[]

/**
 * Running is what is left when an instance cannot sleep: its slot is thawed (a delivery before this one may have frozen it
 * already), that is an event, and every edge has its route back. Runs twice without harm.
 */
export const stayAwake = async (current: LoadedInstance, abandon: Abandon, reason: string, cause: Cause, on: Platform): Promise<void> => {
  const { node, claimId, deploymentId } = current.instance
  if (node === null || (await orLost(() => on.agents.thaw(node, claimId), current, cause, on)) === null) return
  const running = await on.instances.changeLoaded(current, (today) => abandon(reason, { at: now(on) }, today), cause.id, cause.metadata)
  if (!running) return
  await on.routes.put(routeOfInstance(running))
  await on.edges.restore({ deploymentId, claimId })
}
