import { claimIdOf, type Deployment } from '../../events/deployment/state.ts'
import type { ClaimReason } from '../../events/deployment/events.ts'
import * as instance from '../../events/instance/decide.ts'
import { isFailure } from '../../events/errors.ts'
import type { LoadedInstance } from '../../infra/aggregates/instances.ts'
import { claimSlot } from '../../infra/claims/claim.ts'
import { routeOfInstance } from '../../infra/claims/route.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { unclaimed } from './unclaimed.ts'

/** After so many attempts without a slot the deployment has failed; its owner can start it again. */
const GIVE_UP_AT_ATTEMPT = 8

/** `node`: where a slot was set aside for it; null when none was. */
type Asked = { readonly reason: ClaimReason; readonly since: string; readonly node: string | null }

/**
 * Claims a warm slot for (deployment, epoch) and makes that an event: InstanceStarted, or InstanceFailed (null then) when none
 * could be had for long. @throws NO_SLOT_FREE while it is worth trying again
 */
export const begin = async (deployment: Deployment, epoch: number, { reason, since, node }: Asked, cause: Cause, on: Platform): Promise<LoadedInstance | null> => {
  const { deploymentId, name, plan, settings, generation } = deployment
  const claimId = claimIdOf(deploymentId, epoch)
  const request = { claimId, deploymentId, epoch, name, plan, settings, generation, baseUrl: on.settings.urlOf(name) }
  const claimed = await claimSlot(request, cause, on, node).catch(async (error: unknown) => {
    if (!isFailure(error, 'NO_SLOT_FREE') || cause.attempt < GIVE_UP_AT_ATTEMPT) throw error
    const failed = await on.instances.begin(claimId, instance.fail(unclaimed(deployment, epoch, now(on)), error.message, { at: now(on) }), cause.id, cause.metadata)
    if (failed) await on.routes.put(routeOfInstance(failed))
  })
  if (!claimed) return null

  const at = now(on)
  const started = instance.start({ ...unclaimed(deployment, epoch, at), ...claimed }, reason, Math.max(0, Date.parse(at) - Date.parse(since)))
  const begun = await on.instances.begin(claimId, started, cause.id, cause.metadata).catch((error: unknown) => {
    if (!isFailure(error, 'WRONG_EXPECTED_REVISION')) throw error
    return on.instances.current(claimId)
  })
  if (!begun) return null
  // another delivery of this request was first: on another node, this slot is one too many
  if (begun.instance.node !== claimed.node) await on.agents.release(claimed.node, claimId, { force: true })
  else on.edges.awake({ deploymentId, claimId, address: claimed.address }) // who waits goes in before the route is written
  return begun
}
