import { describe, expect, it } from 'vitest'
import { chooseSubnet, rangeOf } from './subnet.ts'

describe('the network of a bed', () => {
  it('is one of 198.18.0.0/15', () => {
    expect(chooseSubnet([], 0)).toBe('198.18.0')
    expect(chooseSubnet([], 511)).toBe('198.19.255')
  })
  it('overlaps none that is taken, small or large', () => {
    expect(chooseSubnet(['198.18.3.0/24', '198.18.4.200'], 3)).toBe('198.18.5')
    expect(chooseSubnet(['198.18.0.0/16'], 7)).toBe('198.19.0')
    expect(chooseSubnet(['10.0.0.0/8', '198.19.255.1/32'], 511)).toBe('198.18.0')
  })
  it('is refused where all are taken', () => expect(() => chooseSubnet(['198.0.0.0/8'], 1)).toThrow('no free network'))
  it('is a range of addresses', () => expect(rangeOf('198.18.7.9/24')).toEqual({ first: 0xc6120700, last: 0xc61207ff }))
})
