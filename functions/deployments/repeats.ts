import { claimIdOf } from '../../events/deployment/state.ts'
import { failure } from '../../events/errors.ts'
import type { LoadedDeployment } from '../../infra/aggregates/deployments.ts'
import type { Asked } from '../../infra/functions/asked.ts'
import { isRepeat } from '../../infra/functions/conditions.ts'
import type { Platform } from '../../infra/platform/port.ts'

/** How long a key is known on claims at least: a deployment may have had thousands of them. */
const REMEMBERED_MS = 24 * 60 * 60_000

/**
 * Whether this very request was carried out before, on the deployment or on any of its claims of the last day. Reads all their
 * events, so only a request with an Idempotency-Key pays for it; one that wrote nothing is not remembered.
 * @throws IDEMPOTENCY_KEY_REUSED when the key came with another request
 */
export const wasDone = async (loaded: LoadedDeployment, ask: Asked, { instances, clock }: Platform): Promise<boolean> => {
  if (!ask.idempotent) return false
  if (isRepeat(loaded.events, ask)) return true
  for (const claimId of claimsSince(loaded, clock().getTime() - REMEMBERED_MS)) {
    const written = await instances.writtenFor(claimId, ask.cause)
    if (!written) continue
    if (written.metadata.requestHash === ask.metadata.requestHash) return true
    throw failure('IDEMPOTENCY_KEY_REUSED', { field: 'Idempotency-Key' })
  }
  return false
}

/** Newest first; a claim ends when the next one is asked for. */
const claimsSince = ({ events, deployment }: LoadedDeployment, sinceMs: number): readonly string[] => {
  const asked = events.filter(({ type }) => type === 'ClaimRequested')
  return asked
    .filter((_, index) => Date.parse(asked[index + 1]?.at ?? '9999-12-31') >= sinceMs)
    .map(({ revision }) => claimIdOf(deployment.deploymentId, revision))
    .reverse()
}
