import type { Outcome } from '../../outbound/port.ts'

/** What an attempt means for what was sent: done; given up for good; or tried again, at the earliest in `afterMs` when the receiver said so. */
export type Verdict = { readonly kind: 'delivered' } | { readonly kind: 'hopeless' } | { readonly kind: 'again'; readonly afterMs: number }

/** Answers of 4xx that another time, token or load may change (RFC 9110, RFC 8470, RFC 6585). */
const PASSING = new Set([401, 408, 409, 421, 425, 429])

/**
 * 2xx ends it. A refusal that nothing but another notification would change is hopeless at once: what comes after it must not wait
 * behind it. An address that the guard refuses is tried again too: names move, and so does what the operator allows.
 */
export const verdict = (outcome: Outcome): Verdict => {
  if (outcome.kind !== 'answered') return { kind: 'again', afterMs: 0 }
  const { status, retryAfter } = outcome
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status >= 400 && status < 500 && !PASSING.has(status)) return { kind: 'hopeless' }
  return { kind: 'again', afterMs: secondsOf(retryAfter) * 1_000 }
}

/** Longest wait between two attempts, milliseconds; a receiver's Retry-After may not ask for more. */
const LONGEST_MS = 3_600_000
const FIRST_MS = 1_000

/** How long an entry is tried, from the commit that owes it, milliseconds: a weekend and a day. */
export const GIVEN_UP_AFTER_MS = 72 * 3_600_000

/**
 * Milliseconds until the next attempt after `failures` in a row: twice as long each time, up to an hour, and between half and all
 * of that, so that subscribers that failed together do not come back together. @param random in [0, 1)
 */
export const backoff = (failures: number, afterMs: number, random: number): number => {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30))
  return Math.max(Math.min(afterMs, LONGEST_MS), Math.round(whole / 2 + (whole / 2) * random))
}

/** Delay in seconds of Retry-After; a date is not looked at, since clocks differ. */
const secondsOf = (retryAfter: string | undefined): number => (retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : 0)
