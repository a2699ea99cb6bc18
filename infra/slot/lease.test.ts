import { expect, test } from 'vitest'
import { newLease } from './lease.ts'

const clocks = () => {
  const at = { wall: 1_000_000, monotonic: 50 }
  return { at, lease: newLease({ wall: () => at.wall, monotonic: () => at.monotonic }) }
}

test('a new lease has lapsed', () => expect(clocks().lease.valid()).toBe(false))

test('it holds until its end and can be renewed after', () => {
  const { at, lease } = clocks()
  lease.renew(1_030_000)
  Object.assign(at, { wall: 1_029_999, monotonic: 30_049 })
  expect(lease.valid()).toBe(true)
  Object.assign(at, { wall: 1_030_000, monotonic: 30_050 })
  expect(lease.valid()).toBe(false)
  lease.renew(1_060_000)
  expect(lease.valid()).toBe(true)
})

test('setting the wall clock back does not prolong it', () => {
  const { at, lease } = clocks()
  lease.renew(1_030_000)
  Object.assign(at, { wall: 900_000, monotonic: 30_051 })
  expect(lease.valid()).toBe(false)
})

test('a machine that slept, its monotonic clock with it, does not prolong it', () => {
  const { at, lease } = clocks()
  lease.renew(1_030_000)
  Object.assign(at, { wall: 1_030_001, monotonic: 60 })
  expect(lease.valid()).toBe(false)
})

test('a renewal read late, after a freeze, counts from when it was said', () => {
  const { at, lease } = clocks()
  Object.assign(at, { wall: 1_040_000, monotonic: 40_050 })
  lease.renew(1_030_000)
  expect(lease.valid()).toBe(false)
})
