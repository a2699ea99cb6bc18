import fc from 'fast-check'
import { expect, test } from 'vitest'
import { below, key, partsOf } from './key.ts'

test('a key reads as its table and its parts', () => {
  expect(key('revision', 'a/b c', 7)).toBe('revision/a%2Fb%20c/0000000000000007')
  expect(below('outbox', new Date(0))).toBe('outbox/1970-01-01T00:00:00.000Z/')
  expect(partsOf(key('t', 'a/b', 'ü'))).toEqual(['a/b', 'ü'])
})

test('the order of keys is the order of numbers and times', () => {
  fc.assert(fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => { expect(key('t', a) < key('t', b)).toBe(a < b) }))
  const date = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
  fc.assert(fc.property(date, date, (a, b) => { expect(key('t', a) < key('t', b)).toBe(a < b) }))
})

test('different texts have different keys, neither holds what separates, and texts come back', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
    expect(key('t', a) === key('t', b)).toBe(a === b)
    expect(key('t', a)).not.toMatch(/[\t\n ]|\/.*\//)
    if (key('t', a).length < 250) expect(partsOf(key('t', a))).toEqual([a])
  }))
})

test('a long text keeps its beginning, and its difference', () => {
  const [a, b] = [`${'x'.repeat(5_000)}a`, `${'x'.repeat(5_000)}b`]
  expect(key('t', a)).not.toBe(key('t', b))
  expect(key('t', a).length).toBeLessThan(260)
  expect(partsOf(key('t', a))[0]).toContain('xxx')
})

test('what is no natural number is no part', () => {
  for (const part of [-1, 1.5, NaN, Infinity, 2 ** 60]) expect(() => key('t', part)).toThrow(RangeError)
})
