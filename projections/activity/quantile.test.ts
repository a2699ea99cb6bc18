import { expect, test } from 'vitest'
import { quantile } from './quantile.ts'

test.each([
  [[], 0.5, null],
  [[7], 0.5, 7],
  [[7], 0.95, 7],
  [[3, 1, 2], 0.5, 2],
  [[4, 3, 2, 1], 0.5, 2],
  [Array.from({ length: 100 }, (_, index) => index + 1), 0.95, 95],
  [[10, 9], 1, 10],
  [[10, 9], 0, 9],
])('of %j at %d is %j', (samples, q, expected) => {
  expect(quantile(samples, q)).toBe(expected)
})
