import { CATALOGUE, type ErrorKind } from '../../events/errors.ts'
import type { Verdict } from '../event-store/port.ts'
import { awayDelay, conflictDelay, spread, transientDelay, type Random } from './backoff.ts'

/** What came back from one POST to a function. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly problem: AnsweredProblem; /** The Retry-After header. */ readonly retryAfter: string | undefined }
  /** No connection, or it broke before an answer: says nothing about the event. */
  | { readonly kind: 'absent'; readonly reason: string }
  /** It took the request and did not answer in time; as likely the event's doing as the receiver's. */
  | { readonly kind: 'silent'; readonly seconds: number }
/** What of a problem document (RFC 9457) was found in the body; nothing when it was none. */
export type AnsweredProblem = { readonly code?: string | undefined; readonly detail?: string | undefined }

export type Trial = { /** 1 at the first counted attempt. */ readonly attempt: number; readonly maxAttempts: number; readonly nowMs: number; readonly random: Random }

/** Longest wait that a receiver can ask for with Retry-After, milliseconds. */
export const MAX_RETRY_AFTER_MS = 5 * 60_000

/** Statuses that are not the handler's own answer about the event: not allowed yet, too slow, too early, too many. */
const UNCOUNTED = new Set([401, 408, 425, 429])

/**
 * What one outcome means for an event. Only the handler's own answers count as attempts; the problem's code decides its kind,
 * the status where there is no code of ours. The last counted attempt parks with its reason.
 */
export const toVerdict = (outcome: Outcome, trial: Trial): Verdict => {
  const { attempt, random } = trial
  switch (outcome.kind) {
    case 'absent':
      return { verdict: 'retry', delayMs: awayDelay(random), reason: outcome.reason, counted: false }
    case 'silent':
      return counted(`no answer within ${outcome.seconds} seconds`, transientDelay(attempt, random), trial)
    case 'answered': {
      if (isSuccess(outcome.status)) return { verdict: 'ack' }
      const reason = reasonOf(outcome.status, outcome.problem)
      const asked = retryAfterMs(outcome.retryAfter, trial.nowMs)
      if (isUncounted(outcome)) return { verdict: 'retry', delayMs: asked === null ? awayDelay(random) : spread(asked, random), reason, counted: false }
      switch (failureKind(outcome)) {
        case 'rejected':
        case 'poison':
          return { verdict: 'park', reason }
        case 'conflict':
          return counted(reason, conflictDelay(attempt, random), trial)
        case 'transient':
          return counted(reason, asked === null ? transientDelay(attempt, random) : spread(asked, random), trial)
      }
    }
  }
}

const counted = (reason: string, delayMs: number, { attempt, maxAttempts }: Trial): Verdict =>
  attempt < maxAttempts ? { verdict: 'retry', delayMs, reason } : { verdict: 'park', reason }

const isSuccess = (status: number): boolean => status >= 200 && status < 300

type Answered = Extract<Outcome, { kind: 'answered' }>

/**
 * The gateway speaks for a function that is not there, or not yet; any other 404 or 503 is the handler's own answer. That a disk is
 * full says nothing about the event, and there would be no room for it among the dead letters either.
 */
const UNCOUNTED_CODES = new Set(['FUNCTION_NOT_FOUND', 'FUNCTION_NOT_READY', 'STORAGE_FULL'])

const isUncounted = ({ status, problem: { code } }: Answered): boolean =>
  UNCOUNTED.has(status) || (code !== undefined && UNCOUNTED_CODES.has(code))

const failureKind = ({ status, problem: { code } }: Answered): ErrorKind => {
  if (code !== undefined && Object.hasOwn(CATALOGUE, code)) return CATALOGUE[code as keyof typeof CATALOGUE].kind
  return status >= 400 && status < 500 ? 'rejected' : 'transient'
}

const reasonOf = (status: number, { code, detail }: AnsweredProblem): string =>
  oneLine(`${[status, code].filter(Boolean).join(' ')}${detail ? `: ${detail}` : ''}`)

/** A reason travels in a header of the parked message and into a database: no control characters, 1,000 characters at most. */
export const oneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim().slice(0, 1_000).toWellFormed()

/** Retry-After (RFC 9110, section 10.2.3), seconds or a date, as milliseconds from now; null when absent or unreadable. */
export const retryAfterMs = (header: string | undefined, nowMs: number): number | null => {
  if (header === undefined) return null
  const wait = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS)
}
