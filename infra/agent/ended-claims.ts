import type { HeldClaim } from './held-claim.ts'

/** Claims that were released or superseded here: for the repetition of what ended them, and so that none of them begins again. */
export type EndedClaims = {
  add(claim: HeldClaim['claim'], dueAt: string | null): void
  /** When a released claim next owed work; null when it owed none, or nothing is known of it. */
  dueAt(claimId: string): string | null
  /** -1 when none is known. */
  newestEpoch(deploymentId: string): number
}

/** So many are remembered: a repetition comes within minutes, and the fence protects the record in any case. */
const REMEMBERED = 1_000

export const endedClaims = (): EndedClaims => {
  const ended = new Map<string, HeldClaim['claim'] & { readonly dueAt: string | null }>()
  return {
    add: (claim, dueAt) => {
      ended.set(claim.claimId, { ...claim, dueAt })
      const [oldest] = ended.keys()
      if (ended.size > REMEMBERED && oldest !== undefined) ended.delete(oldest)
    },
    dueAt: (claimId) => ended.get(claimId)?.dueAt ?? null,
    newestEpoch: (deploymentId) => Math.max(-1, ...[...ended.values()].filter((claim) => claim.deploymentId === deploymentId).map(({ epoch }) => epoch)),
  }
}
