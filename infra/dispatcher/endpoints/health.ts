import type { Random } from '../backoff.ts'
import { waitMs, type Sign } from './verdict.ts'

/** A permission to call; `settle` must follow. */
export type Turn = {
  /** `askedMs`: the least pause, when the endpoint asked for one. */
  settle(sign: Sign, askedMs?: number): void
}
export type Health = {
  /** Resolves when the endpoint may be called; null when it closes first. */
  turn(): Promise<Turn | null>
  close(): void
}

/**
 * A breaker for one endpoint: while it is down nobody calls it, then one does, and the others follow when that went well. Each
 * failure in a row makes the pause longer, up to hours. Who waits holds its place among the few that are handled at the same time,
 * so that a dead endpoint costs a timer and no calls.
 */
export const openHealth = (random: Random = Math.random, now: () => number = Date.now): Health => {
  const closing = new AbortController()
  let failures = 0
  let until = 0
  let probing = false
  let changed = Promise.withResolvers<void>()

  const tell = () => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }
  const settle = (turn: { readonly failures: number; readonly isProbe: boolean }): Turn['settle'] => (sign, askedMs = 0) => {
    if (turn.isProbe) probing = false
    if (sign === 'alive') [failures, until] = [0, 0]
    // those that were on their way together fail together: one failure
    else if (sign === 'down' && turn.failures === failures) {
      failures += 1
      until = now() + Math.max(waitMs(failures, random), askedMs)
    }
    tell()
  }
  /** Until something changes, or the pause is over. */
  const wait = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined
    const over = new Promise<void>((resolve) => {
      if (!probing) timer = setTimeout(resolve, Math.max(1, until - now()))
    })
    await Promise.race([changed.promise, over])
    clearTimeout(timer)
  }

  return {
    turn: async () => {
      while (!closing.signal.aborted) {
        if (failures === 0) return { settle: settle({ failures, isProbe: false }) }
        if (!probing && now() >= until) {
          probing = true
          return { settle: settle({ failures, isProbe: true }) }
        }
        await wait()
      }
      return null
    },
    close: () => {
      closing.abort()
      tell()
    },
  }
}
