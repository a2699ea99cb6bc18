import { describe, expect, test } from 'vitest'
import { retryPolicyOf, waitMs } from './retry-policy.ts'

describe('a retry policy', () => {
  test('has defaults, without 500', () => {
    const { attempts, codes, minWaitMs, maxWaitMs } = retryPolicyOf({ topic: 'a' })
    expect([attempts, minWaitMs, maxWaitMs, [...codes]]).toEqual([10, 1_000, 120_000, [408, 425, 429, 502, 503, 504]])
  })

  test('is what the annotations say', () => {
    const { attempts, codes, minWaitMs, maxWaitMs } = retryPolicyOf({
      'com.openfaas.retry.attempts': '100', 'com.openfaas.retry.codes': '500, 503', 'com.openfaas.retry.min_wait': '50ms', 'com.openfaas.retry.max_wait': '1h',
    })
    expect([attempts, minWaitMs, maxWaitMs, [...codes]]).toEqual([100, 50, 3_600_000, [500, 503]])
  })

  test.each([['attempts', '0'], ['attempts', '101'], ['attempts', 'many'], ['codes', '200'], ['codes', '500;503'], ['min_wait', '1'], ['min_wait', '-1s'], ['max_wait', '25h'], ['max_wait', '2 m']])('%s "%s" is refused, by name', (name, value) => {
    expect(() => retryPolicyOf({ [`com.openfaas.retry.${name}`]: value })).toThrow(expect.objectContaining({ code: 'INVALID_FIELD', message: expect.stringContaining(name) as string }))
  })

  test.each([[1, null, 100], [2, null, 200], [3, null, 400], [20, null, 1_000], [1, 300, 300], [1, 5_000, 1_000]])('attempt %i, asked for %j: %i ms at most', (attempt, asked, expected) => {
    expect(waitMs({ minWaitMs: 100, maxWaitMs: 1_000 }, attempt, asked, () => 1)).toBe(expected)
    expect(waitMs({ minWaitMs: 100, maxWaitMs: 1_000 }, attempt, asked, () => 0)).toBe(expected * 0.75)
  })
})
