import { moveReasonSchema, type ClaimReason } from '../../events/deployment/events.ts'
import { currentClaim } from '../../events/deployment/state.ts'
import { failure, isFailure } from '../../events/errors.ts'
import { holdsSlot } from '../../events/instance/state.ts'
import type { LoadedDeployment } from '../../infra/aggregates/deployments.ts'
import type { LoadedInstance } from '../../infra/aggregates/instances.ts'
import { reserveSlot } from '../../infra/claims/claim.ts'
import { handOver } from '../../infra/claims/hand-over.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { later, now, type Platform } from '../../infra/platform/port.ts'

/** From this attempt on what is still in flight is cut off by a restart: the attempts before gave it about ten seconds. */
const FORCED_FROM_ATTEMPT = 6
/** A move that has to wait, for a slot or for what is in flight, is tried again after so long. Milliseconds. */
const WITHOUT_SLOT_MS = 5_000
const WHILE_BUSY_MS = 2_000

type Asked = { readonly reason: ClaimReason; readonly since: string }
/** `node`: where a slot was set aside; null when none was. */
type Way = { readonly node: string | null }

/**
 * The slot of the claim before is given back, so that the next one can have the record. In a move one is set aside for it first:
 * where there is none the one that serves goes on. Null when that is tried again later.
 * @throws EDGE_UNAVAILABLE, AGENT_UNAVAILABLE (transient: delivered again)
 */
export const makeWay = async (before: LoadedInstance | null, loaded: LoadedDeployment, { reason, since }: Asked, cause: Cause, on: Platform): Promise<Way | null> => {
  if (!before || !holdsSlot(before.instance)) return { node: null }
  const sequence = loaded.events.at(-1)?.position ?? '0'
  const move = moveReasonSchema.safeParse(reason)
  if (!move.success) {
    const busy = await handOver(before, { reason: 'restart', sequence, patient: cause.attempt < FORCED_FROM_ATTEMPT }, cause, on)
    if (busy !== null) throw failure('EDGE_UNAVAILABLE', { reason: busy })
    return { node: null }
  }
  const { deploymentId, plan, generation } = loaded.deployment
  const node = await reserveSlot({ deploymentId, plan, generation }, cause, on).catch((error: unknown) => {
    if (!isFailure(error, 'NO_SLOT_FREE')) throw error
    return null
  })
  if (node === null) return again(loaded, WITHOUT_SLOT_MS, cause, on)
  const patient = Date.parse(now(on)) - Date.parse(since) < on.settings.moves.patienceMs
  const busy = await handOver(before, { reason: move.data, sequence, patient }, cause, on)
  return busy === null ? { node } : again(loaded, WHILE_BUSY_MS, cause, on)
}

const again = async ({ deployment }: LoadedDeployment, afterMs: number, cause: Cause, on: Platform): Promise<null> => {
  const claimId = currentClaim(deployment)
  const data = { deploymentId: deployment.deploymentId, claimId: claimId ?? '' }
  if (claimId !== null) await on.timers.schedule(`claim.${claimId}`, later(now(on), afterMs), { type: 'ClaimDue', data }, cause.metadata)
  return null
}
