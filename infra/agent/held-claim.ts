import type { StorageAccess } from '../credentials/port.ts'
import type { Claimed, ClaimRequest } from './port.ts'
import type { Slot } from './runtime.ts'

/** A claim this agent holds a slot for. What is done to it is done one thing after the other. */
export type HeldClaim = {
  readonly claim: Pick<ClaimRequest, 'claimId' | 'deploymentId' | 'epoch'>
  readonly slot: Slot
  readonly claimed: Claimed
  state: 'running' | 'frozen'
  /** When it next has work of its own; known while frozen. */
  dueAt: string | null
  /** Until when it may answer, as it was told last, Unix milliseconds. */
  leaseUntil: number
  /** How often in a row it has not answered. */
  misses: number
  /** Since when this agent holds it, RFC 3339. */
  readonly since: string
  /** When the credentials that the slot has lapse, Unix milliseconds. */
  credentialsUntil: number
  /** Newer ones it has not been given yet. */
  fresh: StorageAccess | null
  /** Limits that its owner has been told of. */
  readonly limitsTold: Set<string>
  /** Ends a turn later than what was asked before; a failure does not hold up what follows. */
  inTurn<T>(action: () => Promise<T>): Promise<T>
}

export const holdClaim = (claim: HeldClaim['claim'], slot: Slot, node: string, credentialsUntil: string | null): HeldClaim => {
  let last: Promise<unknown> = Promise.resolve()
  return {
    claim, slot, claimed: { node, slot: slot.id, address: slot.address },
    state: 'running', dueAt: null, leaseUntil: 0, misses: 0, since: new Date().toISOString(), credentialsUntil: credentialsUntil === null ? 0 : Date.parse(credentialsUntil), fresh: null, limitsTold: new Set(),
    inTurn: (action) => {
      const mine = last.then(action)
      last = mine.catch(() => undefined)
      return mine
    },
  }
}

/** Milliseconds of validity that credentials need to be of use. */
const STILL_OF_USE_MS = 5 * 60_000

/** When the best credentials at hand lapse, Unix milliseconds. */
export const credentialsUntil = ({ fresh, credentialsUntil: given }: HeldClaim): number => (fresh ? Date.parse(fresh.expiresAt) : given)

export const needsCredentials = (held: HeldClaim, now: number): boolean => credentialsUntil(held) - now < STILL_OF_USE_MS

/** Fresh credentials that go with what the slot is told next, as `{storage}` or nothing. */
export const handOver = (held: HeldClaim): { readonly storage?: StorageAccess } => {
  const { fresh } = held
  if (!fresh) return {}
  held.fresh = null
  held.credentialsUntil = Date.parse(fresh.expiresAt)
  return { storage: fresh }
}
