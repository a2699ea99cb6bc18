import { describe, expect, test } from 'vitest'
import { latencyRow, quantile, rateRow } from './row.ts'

describe('quantile', () => {
  test('takes the nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect([quantile(samples, 0.5), quantile(samples, 0.95), quantile(samples, 0.99), quantile(samples, 1)]).toEqual([50, 95, 99, 100])
  })
  test('of nothing is an error, not a figure', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError)
  })
})

test('a latency row compares ours with the floor at the quantile of its target', () => {
  const row = latencyRow({ name: 'x', ours: [2, 2, 9], floor: [1, 1, 3], at: 0.95, most: 3 })
  expect(row).toMatchObject({ value: 9, floor: 3, ratio: 3, met: true, p50: 2 })
  expect(latencyRow({ name: 'x', ours: [10], floor: [3], at: 0.95, most: 3 }).met).toBe(false)
})

test('a rate row compares medians, and more is better', () => {
  expect(rateRow({ name: 'x', ours: [80, 90, 100], floor: [100, 100, 100], least: 0.9 })).toMatchObject({ value: 90, ratio: 0.9, met: true })
  expect(rateRow({ name: 'x', ours: [89], floor: [100], least: 0.9 }).met).toBe(false)
})
