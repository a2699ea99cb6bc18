import { expect, it } from 'vitest'
import { wakeQuota } from './wake-quota.ts'

it('gives so many wakes at once and as many a minute, to each owner', () => {
  let time = 0
  const quota = wakeQuota(3, () => time)
  expect([1, 2, 3, 4].map(() => quota.take('one'))).toEqual([0, 0, 0, 20])
  expect(quota.take('other')).toBe(0)
  time = 15_000
  expect(quota.take('one')).toBe(5)
  time = 20_000
  expect([quota.take('one'), quota.take('one')]).toEqual([0, 20])
  time = 600_000
  expect([1, 2, 3, 4].map(() => quota.take('one'))).toEqual([0, 0, 0, 20])
})
