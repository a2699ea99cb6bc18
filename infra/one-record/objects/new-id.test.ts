import { expect, test } from 'vitest'
import { newObjectId } from './new-id.ts'

test('an id is a UUID of version 7, with its time first', () => {
  // the time of RFC 9562, appendix A.6
  expect(newObjectId(0x017f22e279b0)).toMatch(/^017f22e2-79b0-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})

test('ids come in the order of time, and of one time are different', () => {
  const ids = [1, 15, 16, 2 ** 40, Date.now(), Date.now() + 1].map((at) => newObjectId(at))
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(Array.from({ length: 100 }, () => newObjectId(5))).size).toBe(100)
})
