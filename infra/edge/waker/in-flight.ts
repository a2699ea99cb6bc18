import type { Activity } from '../port.ts'

/** What the waker passes on itself, by the claim that answers it. HAProxy may have counted it under an earlier claim. */
export type InFlight = {
  /** A request goes to a claim; HAProxy counts it under `counted`. The function returned says that it ended. */
  begin(claimId: string, counted: string): () => void
  /** Something of a claim ended so long ago, milliseconds, and who counted it is gone. */
  ended(claimId: string, agoMs: number): void
  /** Of a claim: `alike` are in HAProxy's count as well, the rest is not. */
  of(claimId: string): Activity & { readonly alike: number }
}

type Count = { alike: number; other: number; requests: number; lastAt: number }

/** Claims of which nothing is known any more after this; far more than are awake at a time. */
const REMEMBERED = 10_000

export const inFlight = (now: () => number = () => performance.now()): InFlight => {
  const counts = new Map<string, Count>()

  const touch = (claimId: string, at = now()): Count => {
    const count = counts.get(claimId) ?? { alike: 0, other: 0, requests: 0, lastAt: at }
    count.lastAt = Math.max(count.lastAt, at)
    counts.delete(claimId)
    counts.set(claimId, count) // the newest last
    if (counts.size > REMEMBERED) forgetOldest(counts)
    return count
  }

  return {
    begin: (claimId, counted) => {
      const kind = claimId === counted ? 'alike' : 'other'
      const count = touch(claimId)
      count[kind] += 1
      if (kind === 'other') count.requests += 1
      let ended = false
      return () => {
        if (ended) return
        ended = true
        touch(claimId)[kind] -= 1
      }
    },
    ended: (claimId, agoMs) => void touch(claimId, now() - agoMs),
    of: (claimId) => {
      const count = counts.get(claimId)
      if (!count) return { inFlight: 0, alike: 0, idleMs: null, requests: 0 }
      return { inFlight: count.alike + count.other, alike: count.alike, idleMs: Math.max(0, now() - count.lastAt), requests: count.requests }
    },
  }
}

const forgetOldest = (counts: Map<string, Count>): void => {
  const idle = [...counts].find(([, { alike, other }]) => alike + other === 0)
  if (idle) counts.delete(idle[0])
}
