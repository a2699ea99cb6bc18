import type { Outcome } from '../../outbound/port.ts'
import { inWords, isDelivered } from '../../outbound/port.ts'
import { spread, type Random } from '../backoff.ts'
import { retryAfterMs } from '../verdict.ts'

/** What an outcome says of the endpoint: it spoke for itself; all of it should rest; or nothing that was not known from the attempt before. */
export type Sign = 'alive' | 'down' | 'same'

/** What one outcome means for the event. `askedMs`: the wait that the endpoint asked for, 0 when it did not. */
export type EndpointVerdict =
  | { readonly verdict: 'ack' }
  | { readonly verdict: 'retry'; readonly delayMs: number; readonly counted: boolean; readonly health: Sign; readonly askedMs: number; readonly reason: string }
  | { readonly verdict: 'park'; readonly health: Sign; readonly reason: string }
  /** 410: it wants no more (RFC 9110, section 15.5.11). */
  | { readonly verdict: 'gone'; readonly reason: string }

export type Trial = { /** 1 at the first counted attempt. */ readonly attempt: number; readonly nowMs: number; readonly random: Random }

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000]
/** After the first failure, the second, ...; then the last for ever. */
const WAITS_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR]
/** Half to all of the wait, so that nothing comes in step. */
export const waitMs = (failures: number, random: Random): number => Math.round((WAITS_MS[Math.min(failures, WAITS_MS.length) - 1] ?? 0) * (1 + random()) / 2)

/** Attempts until an event is parked: with a refusal of the endpoint's own soon, with trouble of its own after a day and a half. */
export const MAX_REFUSALS = 3
export const MAX_FAILURES = 14

/** Too slow, too early, too many: not about the event. */
const UNCOUNTED = new Set([408, 425, 429])

export const toEndpointVerdict = (outcome: Outcome, { attempt, nowMs, random }: Trial): EndpointVerdict => {
  if (isDelivered(outcome)) return { verdict: 'ack' }
  const reason = inWords(outcome)
  const asked = outcome.kind === 'answered' ? retryAfterMs(outcome.retryAfter, nowMs) : null
  const askedMs = asked === null ? 0 : spread(asked, random)
  const delayMs = asked === null ? waitMs(attempt, random) : askedMs
  const uncounted = (): EndpointVerdict => ({ verdict: 'retry', delayMs, counted: false, health: 'down', askedMs, reason })
  const unless = (most: number, health: Sign): EndpointVerdict =>
    attempt < most ? { verdict: 'retry', delayMs, counted: true, health, askedMs, reason } : { verdict: 'park', health, reason }
  // one event that fails again and again is no reason to let the others wait
  const trouble = () => unless(MAX_FAILURES, attempt === 1 ? 'down' : 'same')
  switch (outcome.kind) {
    case 'unreachable':
    case 'refused':
      return uncounted()
    case 'silent':
      return trouble()
    case 'answered':
      if (outcome.status === 410) return { verdict: 'gone', reason }
      if (UNCOUNTED.has(outcome.status)) return uncounted()
      return outcome.status < 500 ? unless(MAX_REFUSALS, 'alive') : trouble()
  }
}
