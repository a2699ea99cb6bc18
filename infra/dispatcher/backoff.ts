/** Random in [0, 1): comes in from outside, so that delays can be tested. */
export type Random = () => number

/**
 * Exponential backoff with full jitter, milliseconds: anything from 0 to a window that grows with each counted attempt.
 * Full jitter spreads a crowd of retries best (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 */
const fullJitter = (baseMs: number, factor: number, capMs: number) => (attempt: number, random: Random): number =>
  Math.round(random() * Math.min(capMs, baseMs * factor ** (attempt - 1)))

/** After a failure that may pass: 50 ms at most before the second attempt (a wake waits for it), 30 s at most from the sixth on. */
export const transientDelay = fullJitter(50, 4, 30_000)

/** After a lost race: reload and try again at once; only a crowd needs to spread. */
export const conflictDelay = fullJitter(10, 2, 1_000)

/** While the receiver is away: attempts do not count, so the window does not grow; half to all of it, so that nothing hammers. */
export const awayDelay = (random: Random): number => Math.round(AWAY_MS * (1 + random()) / 2)

/** Added to a delay the receiver asked for, so that all who were told the same do not come back at the same moment. */
export const spread = (delayMs: number, random: Random): number => delayMs + Math.round(random() * Math.min(1_000, delayMs / 4))

const AWAY_MS = 500
