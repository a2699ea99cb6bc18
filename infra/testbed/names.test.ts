import { describe, expect, it } from 'vitest'
import { bridgeOf, isOf, linkOf, MOST_NODES, NAME } from './names.ts'

describe('names of a bed', () => {
  it.each(['dev', 't1234567', 'a', 'abcdefghij'])('%s may be one, and its links fit into fifteen characters', (name) => {
    expect(NAME.test(name)).toBe(true)
    expect(linkOf(name, MOST_NODES).length).toBeLessThanOrEqual(15)
  })
  it.each(['', 'Dev', 'a-1', '1a', 'abcdefghijk', '../x', 'a b'])('%j may not', (name) => expect(NAME.test(name)).toBe(false))
  it('tell what is its own', () => {
    expect(['tb-a', 'tb-a-1', 'tb-ab', 'tb-ab-1', 'tb-a-10', 'eth0'].filter(isOf('a'))).toEqual([bridgeOf('a'), linkOf('a', 1)])
  })
})
