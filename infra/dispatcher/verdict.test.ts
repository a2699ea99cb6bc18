import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../events/errors.ts'
import { transientDelay } from './backoff.ts'
import { MAX_RETRY_AFTER_MS, retryAfterMs, toVerdict, type AnsweredProblem, type Outcome, type Trial } from './verdict.ts'

const trial: Trial = { attempt: 1, maxAttempts: 8, nowMs: Date.parse('2026-01-01T00:00:00Z'), random: () => 0.5 }
const last: Trial = { ...trial, attempt: 8 }
const answered = (status: number, problem: AnsweredProblem = {}, retryAfter?: string) => ({ kind: 'answered', status, problem, retryAfter }) as const

describe('an outcome becomes a verdict', () => {
  it.each([200, 202, 204])('%i acks', (status) => expect(toVerdict(answered(status), trial)).toEqual({ verdict: 'ack' }))

  it.each<[string, Outcome]>([
    ['an absent gateway', { kind: 'absent', reason: 'the gateway is away: ECONNREFUSED' }],
    ['an unknown function', answered(404, { code: 'FUNCTION_NOT_FOUND' })],
    ['a function that could not be started', answered(503, { code: 'FUNCTION_NOT_READY' })],
    ['a full disk', answered(503, { code: 'STORAGE_FULL' })],
    ...[401, 408, 425, 429].map((status) => [String(status), answered(status)] satisfies [string, Outcome]),
    ['an unaccepted signature', answered(401, { code: 'UNSIGNED_DELIVERY' })],
  ])('%s is retried without counting, however often', (_, outcome) =>
    expect(toVerdict(outcome, last)).toMatchObject({ verdict: 'retry', counted: false, delayMs: 375 }))

  it('waits as long as it was asked to, and a little more', () => {
    expect(toVerdict(answered(429, {}, '7'), trial)).toMatchObject({ counted: false, delayMs: 7_500 })
    expect(toVerdict(answered(503, { code: 'NO_SLOT_FREE' }, '2'), trial)).toMatchObject({ verdict: 'retry', delayMs: 2_250 })
  })

  it.each([
    ['rejected', answered(409, { code: 'ILLEGAL_TRANSITION', detail: 'only when running' }), '409 ILLEGAL_TRANSITION: only when running'],
    ['poison', answered(422, { code: 'MALFORMED_EVENT' }), '422 MALFORMED_EVENT'],
    ['poison, whatever the status', answered(500, { code: 'UNKNOWN_EVENT' }), '500 UNKNOWN_EVENT'],
    ['a 404 of the function itself', answered(404, { code: 'DEPLOYMENT_NOT_FOUND' }), '404 DEPLOYMENT_NOT_FOUND'],
    ['a reason of many lines', answered(422, { code: 'MALFORMED_EVENT', detail: 'Event X:\n  ✖ epoch\r\n' }), '422 MALFORMED_EVENT: Event X: ✖ epoch'],
    ['any other 4xx', answered(418), '418'],
  ])('%s parks at once with its reason', (_, outcome, reason) => expect(toVerdict(outcome, trial)).toEqual({ verdict: 'park', reason }))

  it.each<[string, Outcome, number]>([
    ['a lost race', answered(409, { code: 'WRONG_EXPECTED_REVISION' }), 5],
    ['a transient problem', answered(503, { code: 'AGENT_UNAVAILABLE' }), 25],
    ['a bare 500', answered(500), 25],
    ['a code of somebody else', answered(500, { code: 'toString' }), 25],
    ['a redirect', answered(302), 25],
    ['silence', { kind: 'silent', seconds: 60 }, 25],
  ])('%s is counted: retried soon, parked at last', (_, outcome, delayMs) => {
    const first = toVerdict(outcome, trial)
    expect(first).toEqual({ verdict: 'retry', delayMs, reason: expect.any(String) })
    expect(toVerdict(outcome, last)).toEqual({ verdict: 'park', reason: first.verdict === 'retry' && first.reason })
  })

  it('has a verdict for every entry of the catalogue', () => {
    const verdicts = Object.entries(CATALOGUE).map(([code, { status }]) => toVerdict(answered(status, { code }), trial).verdict)
    expect(new Set(verdicts)).toEqual(new Set(['park', 'retry']))
  })
})

describe('delays', () => {
  it('stay inside a window that begins at 50 ms, grows and ends at 30 s', () => {
    const windows = [1, 2, 3, 4, 5, 6, 7].map((attempt) => transientDelay(attempt, () => 1))
    expect(windows).toEqual([50, 200, 800, 3_200, 12_800, 30_000, 30_000])
    fc.assert(fc.property(fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
      const delay = transientDelay(attempt, () => random)
      expect(delay >= 0 && delay <= 30_000).toBe(true)
    }))
  })

  it.each([
    ['7', 7_000], [' 0 ', 0], ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000], ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['999999', MAX_RETRY_AFTER_MS], ['soon', null], [undefined, null],
  ])('Retry-After %s is %s ms', (header, expected) => expect(retryAfterMs(header, trial.nowMs)).toBe(expected))
})
