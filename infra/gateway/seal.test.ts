import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sealWith } from './seal.ts'

const { seal, open } = sealWith('key')

describe('a seal', () => {
  test('opens to what was sealed, whatever it is', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2_000 }), (plain) => {
      expect(open(seal(plain))).toEqual(Buffer.from(plain))
    }))
  })

  test('holds against one changed bit, a cut, and another key', () => {
    const sealed = seal(Buffer.from('confidential'))
    expect(sealed.includes('confidential')).toBe(false)
    for (let i = 0; i < sealed.length; i += 1) {
      const changed = Buffer.from(sealed)
      changed[i] = (changed[i] ?? 0) ^ 1
      expect(() => open(changed)).toThrow()
      expect(() => open(sealed.subarray(0, i))).toThrow()
    }
    expect(() => sealWith('other').open(sealed)).toThrow()
  })

  test('is another each time', () => expect(seal(Buffer.from('x'))).not.toEqual(seal(Buffer.from('x'))))
})
