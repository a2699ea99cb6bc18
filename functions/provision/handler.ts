import { claimIdOf } from '../../events/deployment/state.ts'
import type { ClaimReason } from '../../events/deployment/events.ts'
import * as instance from '../../events/instance/decide.ts'
import { isFailure } from '../../events/errors.ts'
import type { Claimed } from '../../infra/agent/port.ts'
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
  const { deployment } = await on.deployments.load(data.deploymentId)
  const epoch = cause.revision ?? -1
  const before = await previous(deployment.deploymentId, epoch, deployment.previousEpoch, on)
  if (before) await releaseClaim(before, 'restart', cause, on)
  if (deployment.epoch !== epoch || deployment.wanted !== 'running') return // a later decision is on its way

  const claimId = claimIdOf(deployment.deploymentId, epoch)
  const existing = await on.instances.current(claimId)
  if (existing) return void (await on.routes.put(routeOfInstance(existing))) // done before, perhaps without the route

  const { name, plan, settings } = deployment
  const request = { claimId, deploymentId: deployment.deploymentId, epoch, name, plan, settings, baseUrl: on.settings.urlOf(name) }
  const claimed = await claimSlot(request, on).catch(async (error: unknown) => {
    if (!isFailure(error, 'NO_SLOT_FREE') || cause.attempt < GIVE_UP_AT_ATTEMPT) throw error
    const failed = await on.instances.begin(claimId, instance.fail(unclaimed(deployment, epoch, now(on)), error.message, { at: now(on) }), cause.id, cause.metadata)
    if (failed) await on.routes.put({ ...routeOfInstance(failed), state: 'failed', reason: error.message })
  })
  if (!claimed) return

  const at = now(on)
  const started = instance.start({ ...unclaimed(deployment, epoch, at), ...claimed }, data.reason, Math.max(0, Date.parse(at) - Date.parse(data.since)))
  const begun = await on.instances.begin(claimId, started, cause.id, cause.metadata).catch(async (error: unknown) => {
    if (isFailure(error, 'WRONG_EXPECTED_REVISION')) await giveBackIfAnother(claimed, claimId, on)
    throw error
  })
  if (!begun) return
  const { deployment: today } = await on.deployments.load(data.deploymentId)
  if (today.epoch === epoch && today.wanted === 'running') await on.routes.put(routeOfInstance(begun))
  else await releaseClaim(begun, 'superseded', cause, on) // its owner changed their mind meanwhile
}

const previous = (deploymentId: string, epoch: number, previousEpoch: number | null, { instances }: Platform) =>
  previousEpoch === null || previousEpoch >= epoch ? null : instances.current(claimIdOf(deploymentId, previousEpoch))

/** Somebody else turned the same request into an instance first: if on another node, this slot is one too many. */
const giveBackIfAnother = async ({ node }: Claimed, claimId: string, { agents, instances }: Platform): Promise<void> => {
  const winner = await instances.current(claimId)
  if (winner?.instance.node !== node) await agents.release(node, claimId, { force: true })
}

export default onEvent(['ClaimRequested'], provision, platform)
