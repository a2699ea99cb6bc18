import { expect, test } from 'vitest'
import { toText } from './pipeline.ts'

test.each([
  ['plain', 'plain'], ['', ''], [7, '7'], [-0.5, '-0.5'], [true, 'true'], [null, null], [undefined, null],
  [new Date('2026-01-01'), '2026-01-01T00:00:00.000Z'], [{ a: [1] }, '{"a":[1]}'],
])('%j travels as %j', (value, text) => {
  expect(toText(value)).toBe(text)
})

test('an array could mean JSON or an SQL array, so it is refused', () => {
  expect(() => toText([1])).toThrow(TypeError)
})
