import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../outbound/port.ts'
import { NOTHING_NOTED } from '../../subscriptions/port.ts'
import { noted } from './reaction.ts'
import { MAX_FAILURES, MAX_REFUSALS, toEndpointVerdict } from './verdict.ts'

const nowMs = Date.parse('2026-01-01T00:00:00Z')
const answered = (status: number, retryAfter?: string): Outcome => ({ kind: 'answered', status, retryAfter, ms: 3 })
const verdict = (outcome: Outcome, attempt = 1) => toEndpointVerdict(outcome, { attempt, nowMs, random: () => 1 })

describe('the answer of an endpoint', () => {
  it.each([200, 202, 204, 299])('%i is a success', (status) => expect(verdict(answered(status))).toEqual({ verdict: 'ack' }))
  it('410 means that it wants no more', () => expect(verdict(answered(410))).toEqual({ verdict: 'gone', reason: 'answered 410' }))

  it.each([301, 302, 307, 308, 400, 401, 403, 404, 409, 413, 422])('%i is about this event: three attempts, and the endpoint is there', (status) => {
    expect(verdict(answered(status), MAX_REFUSALS - 1)).toMatchObject({ verdict: 'retry', counted: true, health: 'alive' })
    expect(verdict(answered(status), MAX_REFUSALS)).toMatchObject({ verdict: 'park', health: 'alive' })
  })

  it.each([408, 425, 429])('%i is not about the event: never counted', (status) =>
    expect(verdict(answered(status, '60'), 1_000)).toMatchObject({ verdict: 'retry', counted: false, health: 'down', delayMs: 61_000, askedMs: 61_000 }))

  it.each<[string, Outcome]>([['500', answered(500)], ['503', answered(503)], ['silence', { kind: 'silent', seconds: 30 }]])('%s is counted; the first one lets the endpoint rest', (_, outcome) => {
    expect(verdict(outcome)).toMatchObject({ verdict: 'retry', counted: true, health: 'down', delayMs: 5_000, askedMs: 0 })
    expect(verdict(outcome, MAX_FAILURES - 1)).toMatchObject({ verdict: 'retry', counted: true, health: 'same', delayMs: 6 * 3_600_000 })
    expect(verdict(outcome, MAX_FAILURES)).toMatchObject({ verdict: 'park', health: 'same' })
  })

  it.each<[string, Outcome]>([['nobody there', { kind: 'unreachable', reason: 'ECONNREFUSED' }], ['an address that turned inwards', { kind: 'refused', reason: '10.0.0.1 is not a public address (private)' }]])(
    '%s parks nothing, ever', (_, outcome) => expect(verdict(outcome, 1_000)).toMatchObject({ verdict: 'retry', counted: false, health: 'down', delayMs: 6 * 3_600_000 }))
})

describe('the note on an endpoint', () => {
  const failing = { ...NOTHING_NOTED, lastFailure: { at: '2026-01-01T00:00:00.000Z', reason: 'answered 500' }, failingSince: '2026-01-01T00:00:00.000Z' }
  it('says since when it fails, until something goes well or it refuses for itself', () => {
    const at = '2026-01-02T00:00:00.000Z'
    expect(noted(NOTHING_NOTED, verdict(answered(500)), '2026-01-01T00:00:00.000Z')).toEqual(failing)
    expect(noted(failing, verdict(answered(502)), at)).toEqual({ ...failing, lastFailure: { at, reason: 'answered 502' } })
    expect(noted(failing, verdict(answered(422)), at)).toMatchObject({ failingSince: null, lastFailure: { reason: 'answered 422' } })
    expect(noted(failing, verdict(answered(204)), at)).toEqual({ ...failing, lastSuccessAt: at, failingSince: null })
  })
})
