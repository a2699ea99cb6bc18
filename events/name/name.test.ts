import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CatalogueError } from '../errors.ts'
import { parseName } from './name.ts'

const refusal = (name: string): unknown => {
  try {
    return parseName(name)
  } catch (error) {
    return error
  }
}

describe('a name', () => {
  test.each(['a', '7', 'demo', 'air-cargo-demo', 'a'.repeat(63), 'x1-2y', 'xn-demo', 'a-b--c'])('may be %j', (name) => {
    expect(parseName(name)).toBe(name)
  })

  test.each([
    ['', 'it is empty'], ['a'.repeat(64), 'it has 64 characters, a DNS label at most 63'], ['Demo', 'use a-z, 0-9 and - only'], ['de mo', 'use a-z, 0-9 and - only'],
    ['demo.example', 'use a-z, 0-9 and - only'], ['dèmo', 'use a-z, 0-9 and - only'], ['demo\n', 'use a-z, 0-9 and - only'], ['-demo', 'it must begin and end with a letter or digit'],
    ['demo-', 'it must begin and end with a letter or digit'], ['-', 'it must begin and end with a letter or digit'], ['xn--demo', 'hyphens in places 3 and 4 are for internationalised names'],
  ])('is not %j: %s', (name, reason) => {
    expect(refusal(name)).toMatchObject({ code: 'NAME_INVALID', status: 400, field: 'name', details: { reason } })
  })

  test.each(['www', 'api', 'localhost', 'play', 'nats', 'admin'])('is not %j, which is the platform\'s own or looks like it', (name) => {
    expect(refusal(name)).toMatchObject({ code: 'NAME_RESERVED', status: 409, field: 'name' })
  })

  test('is a DNS label or refused, whatever it is', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9-]{1,70}$/)), (name) => {
      const result = refusal(name)
      if (result instanceof CatalogueError) expect(result).toMatchObject({ code: expect.stringMatching(/^NAME_(INVALID|RESERVED)$/), field: 'name' })
      else expect(result).toMatch(/^(?!..--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
    }))
  })

  test('that is long is not repeated whole', () => {
    expect(String(refusal('x'.repeat(10_000))).length).toBeLessThan(250)
  })
})
