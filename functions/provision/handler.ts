import { claimIdOf, epochOf } from '../../events/deployment/state.ts'
import { claimReasonSchema, type DeploymentEvent } from '../../events/deployment/events.ts'
import { failure } from '../../events/errors.ts'
import type { Message } from '../../events/messages.ts'
import { newestBegun } from '../../infra/claims/begun.ts'
import { releaseClaim } from '../../infra/claims/release.ts'
import { routeOfInstance } from '../../infra/claims/route.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { onEvent } from '../../infra/functions/on-event.ts'
import { platform } from '../../infra/platform/connect.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { begin } from './begin.ts'
import { makeWay } from './make-way.ts'

type Heard = Extract<DeploymentEvent | Message, { type: 'ClaimRequested' | 'ClaimDue' }>

/** Turns ClaimRequested into an instance, at once or when it has not begun and is asked for again: the claim before is released, a warm slot is claimed, the route is written. */
export const provision = async ({ type, data }: Heard, cause: Cause, on: Platform): Promise<void> => {
  const loaded = await on.deployments.load(data.deploymentId)
  const { deployment } = loaded
  const epoch = type === 'ClaimDue' ? epochOf(data.claimId) : cause.revision ?? -1
  // nobody has asked for that claim as far as can be seen from here: the one that serves now is not given up for it
  if (epoch > (deployment.epoch ?? -1)) throw failure('WRONG_EXPECTED_REVISION', { stream: `deployment.${deployment.deploymentId}`, actual: deployment.revision, expected: epoch })
  const claimId = claimIdOf(deployment.deploymentId, epoch)
  const [before, existing] = await Promise.all([newestBegun(loaded, on.instances, epoch), on.instances.current(claimId)])
  // of the newest claim the deployment itself says why and since when
  const asked = { reason: claimReasonSchema.parse(deployment.claimReason), since: deployment.claimSince ?? now(on) }
  const superseded = deployment.epoch !== epoch || deployment.wanted !== 'running' // a later decision is on its way
  if (superseded || existing) {
    if (before) await releaseClaim(before, 'restart', cause, on)
    if (existing && !superseded) return void (await on.routes.put(routeOfInstance(existing))) // done before, perhaps without the route
    return existing ? releaseClaim(existing, 'superseded', cause, on) : giveBack(claimId, deployment.plan, on)
  }

  const way = await makeWay(before, loaded, asked, cause, on)
  const begun = way && (await begin(deployment, epoch, { ...asked, node: way.node }, cause, on))
  if (!begun) return
  const { deployment: today } = await on.deployments.load(data.deploymentId)
  if (today.epoch === epoch && today.wanted === 'running') await on.routes.put(routeOfInstance(begun))
  else await releaseClaim(begun, 'superseded', cause, on) // its owner changed their mind meanwhile
}

/** A delivery before this one may have claimed a slot and ended before it could say so: whoever holds it lets it go. */
const giveBack = async (claimId: string, plan: string, { agents }: Platform): Promise<void> => {
  const offering = agents.heard().filter(({ free }) => free[plan] !== undefined)
  await Promise.all(offering.map(({ node }) => agents.release(node, claimId, { force: true })))
}

export default onEvent(['ClaimRequested', 'ClaimDue'], provision, platform)
