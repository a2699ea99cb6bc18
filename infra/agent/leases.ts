import type { Credentials } from '../credentials/port.ts'
import type { Log } from '../log.ts'
import type { Claims } from './claims.ts'
import { credentialsUntil, handOver, type HeldClaim } from './held-claim.ts'
import type { Reports } from './reports.ts'

export type LeasesOptions = {
  readonly claims: Pick<Claims, 'held'>
  readonly credentials: Pick<Credentials, 'mint'>
  readonly leaseUntil: () => number | Promise<number>
  /** Resolves when something answers at a slot's address. @throws Error when nothing does */
  readonly probe: (address: string) => Promise<void>
  /** Hears what a slot reports with its answer. */
  readonly hear: Reports['hear']
  readonly everyMs: number
  readonly log: Log
}

/** Credentials are renewed when less than this is left, milliseconds: long before they lapse, and never on a wake's way. */
const RENEW_BEFORE_MS = 12 * 60_000

export type Leases = { /** Confirms all now. */ confirm(): void; stop(): void }

/**
 * Confirms the leases of running slots that do what a slot does, and renews credentials, of frozen ones too: a slot gets those
 * with its next word. One that has not answered until its lease ended is lost: it serves nobody any more.
 */
export const keepLeases = ({ claims, credentials, leaseUntil, probe, hear, everyMs, log }: LeasesOptions): Leases => {
  const renew = async (one: HeldClaim) => {
    if (credentialsUntil(one) - Date.now() < RENEW_BEFORE_MS) one.fresh = await credentials.mint(one.claim.deploymentId)
  }
  const prolong = (one: HeldClaim) =>
    one.inTurn(async () => {
      if (one.state !== 'running') return
      const until = await leaseUntil()
      await probe(one.claimed.address)
      const { report } = await one.slot.control.tell({ verb: 'confirm', leaseUntil: until, ...handOver(one) })
      one.leaseUntil = until
      one.misses = 0
      void hear(one, report)
    })
  const unconfirmed = async (one: HeldClaim, error: unknown) => {
    log.warn({ claimId: one.claim.claimId, reason: String(error) }, 'a lease was not confirmed')
    one.misses += 1
    // a lease that ends while the broker is away is nobody's fault but the broker's
    if (one.misses > 1 && one.leaseUntil < Date.now() && (await leaseUntil()) > Date.now()) await one.slot.condemn(`it did not answer until its lease ended: ${String(error)}`)
  }
  const keep = async (one: HeldClaim) => {
    const { claimId } = one.claim
    const flood = one.slot.boundOutput()
    if (flood !== null) return one.slot.condemn(flood)
    await renew(one).catch((error: unknown) => log.warn({ claimId, reason: String(error) }, 'credentials were not renewed'))
    await prolong(one).catch((error: unknown) => unconfirmed(one, error))
  }
  const confirm = () => claims.held().forEach((one) => void keep(one).catch((error: unknown) => log.warn({ claimId: one.claim.claimId, reason: String(error) }, 'a claim could not be looked after')))
  const timer = setInterval(confirm, everyMs)
  return { confirm, stop: () => clearInterval(timer) }
}
