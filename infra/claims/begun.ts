import { claimIdOf } from '../../events/deployment/state.ts'
import type { LoadedDeployment } from '../aggregates/deployments.ts'
import type { Instances, LoadedInstance } from '../aggregates/instances.ts'

/**
 * The newest claim of a deployment that ever began, null when none has: only that one can hold a slot, since each claim gives
 * back the one before. Claims that were superseded before they began are passed over.
 * @param before only claims of an earlier epoch than this
 */
export const newestBegun = async ({ events, deployment }: LoadedDeployment, { current }: Instances, before = Infinity): Promise<LoadedInstance | null> => {
  const epochs = events.filter(({ type, revision }) => type === 'ClaimRequested' && revision < before).map(({ revision }) => revision)
  for (const epoch of epochs.reverse()) {
    const begun = await current(claimIdOf(deployment.deploymentId, epoch))
    if (begun) return begun
  }
  return null
}
