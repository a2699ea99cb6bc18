import { currentClaim } from '../../events/deployment/state.ts'
import { holdsSlot } from '../../events/instance/state.ts'
import type { Held } from '../../infra/agent/port.ts'
import { now, type Platform } from '../../infra/platform/port.ts'

/** Between a claim and its first event lie milliseconds; what an agent holds for this long is meant to be held. */
const GRACE_MS = 30_000

/** Ends slots that a node holds for claims that are not current: whoever claimed them ended before they could say so, or they were given up as lost. */
export const releaseOrphans = async (node: string, held: readonly Held[], on: Platform): Promise<void> => {
  for (const { claimId, deploymentId, since } of held) {
    if (Date.parse(now(on)) - Date.parse(since) < GRACE_MS || !(await isOrphan(node, claimId, deploymentId, on))) continue
    on.log.warn({ node, claimId }, 'a slot is held for nobody; it is ended')
    await on.agents.release(node, claimId, { force: true })
  }
}

const isOrphan = async (node: string, claimId: string, deploymentId: string, { instances, deployments }: Platform): Promise<boolean> => {
  const life = (await instances.current(claimId))?.instance
  if (life) return !holdsSlot(life) || life.node !== node
  // it has not begun; it still may, unless something else was decided
  const loaded = await deployments.find(deploymentId)
  return !loaded || loaded.deployment.wanted !== 'running' || currentClaim(loaded.deployment) !== claimId
}
