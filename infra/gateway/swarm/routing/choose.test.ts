import { describe, expect, test } from 'vitest'
import { choose, outMs, type Candidate } from './choose.ts'

type Named = Candidate & { readonly name: string }
const candidate = (name: string, more: Partial<Candidate> = {}): Named => ({ name, inFlight: 0, refusals: 0, outUntil: 0, isSuperseded: false, ...more })
const chosen = (candidates: readonly Named[], tried: readonly Named[] = [], now = 100) => choose(candidates, now, new Set(tried), Math.random)?.name

describe('who gets a call', () => {
  test.each<[string, readonly Named[], string | undefined]>([
    ['nobody of nobody', [], undefined],
    ['the one with the least calls', [candidate('a', { inFlight: 2 }), candidate('b', { inFlight: 1 }), candidate('c', { inFlight: 3 })], 'b'],
    ['not one that is left alone', [candidate('a', { outUntil: 101 }), candidate('b', { inFlight: 9 })], 'b'],
    ['again after its time', [candidate('a', { outUntil: 100, refusals: 1 })], 'a'],
    ['one call at a time until one is taken', [candidate('a', { refusals: 1, inFlight: 1 })], undefined],
    ['nobody when all are left alone', [candidate('a', { outUntil: 101 })], undefined],
    ['one that an update is about to stop only when there is no other', [candidate('old', { isSuperseded: true }), candidate('b', { inFlight: 50 })], 'b'],
    ['the old one while the new one does not answer', [candidate('old', { isSuperseded: true })], 'old'],
  ])('%s', (_, candidates, name) => {
    expect(chosen(candidates)).toBe(name)
  })

  test('another one than was tried, that one if there is no other', () => {
    const [a, b] = [candidate('a'), candidate('b', { inFlight: 9, isSuperseded: true })]
    expect(chosen([a, b], [a])).toBe('b')
    expect(chosen([a], [a])).toBe('a')
  })

  test('equals have the same chance', () => {
    const counts = new Map<string, number>()
    const equals = ['a', 'b', 'c'].map((name) => candidate(name))
    let seed = 1
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    for (let i = 0; i < 3_000; i += 1) {
      const name = choose(equals, 100, new Set(), random)?.name ?? ''
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(120)
    expect(counts.size).toBe(3)
  })
})

test('one that refuses is left alone for longer each time, up to a second', () => {
  expect([1, 2, 3, 5, 6, 50].map(outMs)).toEqual([50, 100, 200, 800, 1_000, 1_000])
})
