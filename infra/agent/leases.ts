import type { Credentials } from '../credentials/port.ts'
import type { Log } from '../log.ts'
import type { Claims } from './claims.ts'
import { credentialsUntil, handOver, type HeldClaim } from './held-claim.ts'

export type LeasesOptions = {
  readonly claims: Pick<Claims, 'held'>
  readonly credentials: Credentials
  readonly leaseUntil: () => number | Promise<number>
  readonly everyMs: number
  readonly log: Log
}

/** Credentials are renewed when less than this is left, milliseconds: long before they lapse, and never on a wake's way. */
const RENEW_BEFORE_MS = 12 * 60_000

export type Leases = { /** Confirms all now. */ confirm(): void; stop(): void }

/**
 * Confirms the leases of running slots and renews credentials, of frozen ones too: a slot gets those with its next word.
 */
export const keepLeases = ({ claims, credentials, leaseUntil, everyMs, log }: LeasesOptions): Leases => {
  const renew = async (one: HeldClaim) => {
    if (credentialsUntil(one) - Date.now() < RENEW_BEFORE_MS) one.fresh = await credentials.mint(one.claim.deploymentId)
  }
  const prolong = (one: HeldClaim) =>
    one.inTurn(async () => {
      if (one.state === 'running') await one.slot.control.tell({ verb: 'confirm', leaseUntil: await leaseUntil(), ...handOver(one) })
    })
  const keep = async (one: HeldClaim) => {
    const { claimId } = one.claim
    await renew(one).catch((error: unknown) => log.warn({ claimId, reason: String(error) }, 'credentials were not renewed'))
    await prolong(one).catch((error: unknown) => log.warn({ claimId, reason: String(error) }, 'a lease was not confirmed'))
  }
  const confirm = () => claims.held().forEach((one) => void keep(one))
  const timer = setInterval(confirm, everyMs)
  return { confirm, stop: () => clearInterval(timer) }
}
