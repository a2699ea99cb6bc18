import { claimIdOf } from '../../events/deployment/state.ts'
import type { ClaimReason } from '../../events/deployment/events.ts'
import * as instance from '../../events/instance/decide.ts'
import { isFailure } from '../../events/errors.ts'
import { newestBegun } from '../../infra/claims/begun.ts'
import { claimSlot } from '../../infra/claims/claim.ts'
import { releaseClaim } from '../../infra/claims/release.ts'
import { routeOfInstance } from '../../infra/claims/route.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { onEvent } from '../../infra/functions/on-event.ts'
import { platform } from '../../infra/platform/connect.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { unclaimed } from './unclaimed.ts'

type ClaimRequested = { readonly data: { readonly deploymentId: string; readonly reason: ClaimReason; readonly since: string } }

/** After so many attempts without a slot the deployment has failed; its owner can start it again. */
const GIVE_UP_AT_ATTEMPT = 8

/** Turns ClaimRequested into an instance: the claim before is released, a warm slot is claimed, the route is written. */
export const provision = async ({ data }: ClaimRequested, cause: Cause, on: Platform): Promise<void> => {
  const loaded = await on.deployments.load(data.deploymentId)
  const { deployment } = loaded
  const epoch = cause.revision ?? -1
  const claimId = claimIdOf(deployment.deploymentId, epoch)
  const [before, existing] = await Promise.all([newestBegun(loaded, on.instances, epoch), on.instances.current(claimId)])
  if (before) await releaseClaim(before, 'restart', cause, on)
  const superseded = deployment.epoch !== epoch || deployment.wanted !== 'running' // a later decision is on its way
  if (superseded) return existing ? releaseClaim(existing, 'superseded', cause, on) : giveBack(claimId, deployment.plan, on)
  if (existing) return void (await on.routes.put(routeOfInstance(existing))) // done before, perhaps without the route

  const { name, plan, settings } = deployment
  const request = { claimId, deploymentId: deployment.deploymentId, epoch, name, plan, settings, baseUrl: on.settings.urlOf(name) }
  const claimed = await claimSlot(request, on).catch(async (error: unknown) => {
    if (!isFailure(error, 'NO_SLOT_FREE') || cause.attempt < GIVE_UP_AT_ATTEMPT) throw error
    const failed = await on.instances.begin(claimId, instance.fail(unclaimed(deployment, epoch, now(on)), error.message, { at: now(on) }), cause.id, cause.metadata)
    if (failed) await on.routes.put(routeOfInstance(failed))
  })
  if (!claimed) return

  const at = now(on)
  const started = instance.start({ ...unclaimed(deployment, epoch, at), ...claimed }, data.reason, Math.max(0, Date.parse(at) - Date.parse(data.since)))
  const begun = await on.instances.begin(claimId, started, cause.id, cause.metadata).catch((error: unknown) => {
    if (!isFailure(error, 'WRONG_EXPECTED_REVISION')) throw error
    return on.instances.current(claimId)
  })
  if (!begun) return
  // another delivery of this request was first: on another node, this slot is one too many
  if (begun.instance.node !== claimed.node) await on.agents.release(claimed.node, claimId, { force: true })
  else on.edges.awake({ deploymentId: deployment.deploymentId, claimId, address: claimed.address }) // who waits goes in before the route is written
  const { deployment: today } = await on.deployments.load(data.deploymentId)
  if (today.epoch === epoch && today.wanted === 'running') await on.routes.put(routeOfInstance(begun))
  else await releaseClaim(begun, 'superseded', cause, on) // its owner changed their mind meanwhile
}

/** A delivery before this one may have claimed a slot and ended before it could say so: whoever holds it lets it go. */
const giveBack = async (claimId: string, plan: string, { agents }: Platform): Promise<void> => {
  await Promise.all(agents.candidates(plan).map(({ node }) => agents.release(node, claimId, { force: true })))
}

export default onEvent(['ClaimRequested'], provision, platform)
