import { expect, test } from 'vitest'
import { rateLimit } from './rate.ts'

const limited = (options: Parameters<typeof rateLimit>[0]) => {
  let time = 0
  return { limit: rateLimit(options, () => time), pass: (seconds: number) => void (time += seconds * 1_000) }
}

test('so many at once, then so many a minute, and the wait is said in whole seconds', () => {
  const { limit, pass } = limited({ perMinute: 6, burst: 2 })
  expect([limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([null, null, 10])
  pass(9)
  expect(limit.take('a')).toBe(1)
  pass(1)
  expect(limit.take('a')).toBeNull()
  expect(limit.take('a')).toBe(10)
})

test('one key takes nothing from another, and looking counts nothing', () => {
  const { limit } = limited({ perMinute: 60, burst: 1 })
  expect(limit.take('a')).toBeNull()
  expect(limit.take('a')).toBe(1)
  expect([limit.wait('b'), limit.wait('b')]).toEqual([null, null])
  expect(limit.take('b')).toBeNull()
})

test('what is saved up is bounded', () => {
  const { limit, pass } = limited({ perMinute: 60, burst: 3 })
  pass(3_600)
  limit.take('a')
  pass(3_600)
  expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([null, null, null, 1])
})

test('the table is bounded: who was not seen longest is forgotten, who comes all the time is not', () => {
  const { limit } = limited({ perMinute: 1, burst: 1, keys: 10 })
  limit.take('busy')
  for (let n = 0; n < 100; n++) {
    limit.take(`other ${n}`)
    expect(limit.take('busy')).not.toBeNull()
  }
  expect(limit.take('other 0')).toBeNull()
})
