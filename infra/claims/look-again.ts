import type { Cause } from '../functions/cause.ts'
import type { Platform } from '../platform/port.ts'

/**
 * The end of pausing or hibernating looks again: a hit that came while it went on was not acted on, so it is published anew.
 * (The waker asks again by itself as well: a hit is a hint, never the only copy of a need.)
 * @param claim.after when the sleep was asked for, RFC 3339
 */
export const wakeIfHit = async ({ deploymentId, claimId, after }: { readonly deploymentId: string; readonly claimId: string; readonly after: string }, { hits }: Platform): Promise<void> => {
  const hit = await hits.latest(deploymentId)
  if (hit && Date.parse(hit.since) >= Date.parse(after)) await hits.publish({ ...hit, claimId })
}

/** Nothing a sleeping instance owes is forgotten: its own next work becomes a timer that wakes it. */
export const wakeDueAt = async (
  { deploymentId, claimId, dueAt }: { readonly deploymentId: string; readonly claimId: string; readonly dueAt: string | null }, cause: Cause, { timers }: Platform,
): Promise<void> => {
  if (dueAt !== null) await timers.schedule(`wake.${claimId}`, dueAt, { type: 'WakeDue', data: { deploymentId, claimId } }, cause.metadata)
}
