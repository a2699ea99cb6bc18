import { wake } from '../../infra/claims/wake.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { onEvent } from '../../infra/functions/on-event.ts'
import { platform } from '../../infra/platform/connect.ts'
import { now, type Platform } from '../../infra/platform/port.ts'

type Woken =
  | { readonly type: 'ProxyHit'; readonly data: { readonly deploymentId: string; readonly claimId: string | null; readonly since: string } }
  | { readonly type: 'WakeDue' | 'ResumeRequested'; readonly data: { readonly deploymentId: string; readonly claimId: string } }

/** Somebody waits: a visitor at the waker, the owner, or work of the instance's own that came due. */
export const coldStart = (event: Woken, cause: Cause, on: Platform): Promise<void> => {
  const { deploymentId, claimId } = event.data
  return event.type === 'ProxyHit'
    ? wake({ deploymentId, claimId, since: event.data.since, reason: 'hit' }, cause, on)
    : wake({ deploymentId, claimId, since: event.type === 'WakeDue' ? now(on) : cause.at, reason: 'requested' }, cause, on)
}

export default onEvent(['ProxyHit', 'WakeDue', 'ResumeRequested'], coldStart, platform)
