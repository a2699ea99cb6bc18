import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { holdsRefusedText } from '../events/text.ts'
import { cursorOf, keyOf, limitOf, momentKey, pageOf } from './page.ts'

const text = z.string().refine((given) => !holdsRefusedText(given))
const pair = z.tuple([text, text])

test('a cursor gives back the key it was made of', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (first, second) => {
    fc.pre(!holdsRefusedText([first, second]))
    expect(keyOf({ cursor: cursorOf(first, second) }, pair)).toEqual([first, second])
  }))
})

test('whatever else comes as a cursor is refused, and none is none', () => {
  fc.assert(fc.property(fc.string().filter((cursor) => !pair.safeParse(parsed(cursor)).success), (cursor) => {
    expect(() => keyOf({ cursor }, pair)).toThrow(expect.objectContaining({ code: 'INVALID_FIELD', field: 'cursor' }))
  }))
  expect(keyOf({}, pair)).toBeNull()
})

test.each([['NUL', z.string(), 'a\0'], ['half a character', z.string(), '\ud800'], ['the year 0', momentKey, '0000-01-01T00:00:00Z']])('a cursor with %s, which the database does not take, is refused', (_, key, value) => {
  expect(() => keyOf({ cursor: cursorOf(value) }, z.tuple([key]))).toThrow(expect.objectContaining({ code: 'INVALID_FIELD', field: 'cursor' }))
})

test('a page has 1 to 200 items, 50 when nobody says', () => {
  expect([{}, { limit: 1 }, { limit: 200 }].map(limitOf)).toEqual([50, 1, 200])
  for (const limit of [0, 201, 2.5, Number.NaN, Infinity]) expect(() => limitOf({ limit })).toThrow(expect.objectContaining({ field: 'limit' }))
})

test('there is a next page only when a row more was read than is shown', () => {
  const page = (rows: readonly number[]) => pageOf(rows, 2, (row) => row * 10, (item) => [String(item)])
  expect(page([1, 2, 3])).toEqual({ items: [10, 20], next: cursorOf('20') })
  expect(page([1, 2])).toEqual({ items: [10, 20], next: null })
  expect(page([])).toEqual({ items: [], next: null })
})

const parsed = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return null
  }
}
