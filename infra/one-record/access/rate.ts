/** Lets so many through a minute, each key by itself. */
export type RateLimit = {
  /** Seconds until the next is let through; null: this one is, and counts. */
  take(key: string): number | null
  /** As `take`, but counts nothing. */
  wait(key: string): number | null
}

type Bucket = { tokens: number; at: number }

/**
 * A bucket of tokens for each key: `burst` at once, then `perMinute`. At most `keys` are remembered; the one that was not seen for
 * the longest time is forgotten first, and begins anew. @param now milliseconds
 */
export const rateLimit = ({ perMinute, burst = perMinute, keys = 2_000 }: { readonly perMinute: number; readonly burst?: number; readonly keys?: number }, now: () => number = () => performance.now()): RateLimit => {
  const buckets = new Map<string, Bucket>()
  const most = Math.max(1, burst)

  const look = (key: string): Bucket => {
    const known = buckets.get(key)
    const at = now()
    if (!known) return { tokens: most, at }
    return { tokens: Math.min(most, known.tokens + ((at - known.at) * perMinute) / 60_000), at }
  }
  const waitFor = ({ tokens }: Bucket): number | null => (tokens >= 1 ? null : Math.max(1, Math.ceil(((1 - tokens) * 60) / perMinute)))

  return {
    wait: (key) => waitFor(look(key)),
    take: (key) => {
      const bucket = look(key)
      const wait = waitFor(bucket)
      if (wait === null) bucket.tokens -= 1
      // to the end of the map's order: seen last
      buckets.delete(key)
      buckets.set(key, bucket)
      const [oldest] = buckets.keys()
      if (buckets.size > keys && oldest !== undefined) buckets.delete(oldest)
      return wait
    },
  }
}
