import { expect, test } from 'vitest'
import { isSameAs, rangeOf } from './range.ts'

test.each([
  ['bytes=0-9', { offset: 0, bytes: 10 }], ['bytes=90-', { offset: 90, bytes: 10 }], ['bytes=-10', { offset: 90, bytes: 10 }], ['bytes=-1000', { offset: 0, bytes: 100 }], ['bytes=95-1000', { offset: 95, bytes: 5 }],
  ['BYTES= 0-0 ', { offset: 0, bytes: 1 }], ['bytes=100-', 'unsatisfiable'], ['bytes=-0', 'unsatisfiable'], ['bytes=99999999999999999999-', 'unsatisfiable'],
  ['bytes=5-2', null], ['bytes=0-1,3-4', null], ['bytes=-', null], ['lines=0-1', null], ['bytes=a-b', null], [undefined, null],
])('%s of 100 bytes', (header, range) => expect(rangeOf(header, 100)).toEqual(range))

test('of nothing there is no part', () => expect(rangeOf('bytes=0-', 0)).toBe('unsatisfiable'))

test.each([[undefined, true], ['"x"', true], ['Sat, 21 Nov 2026 14:00:00 GMT', true], ['"y"', false], ['W/"x"', false], ['Sat, 21 Nov 2026 14:00:01 GMT', false]])('If-Range %s', (header, same) => {
  expect(isSameAs(header, { etag: '"x"', lastModified: 'Sat, 21 Nov 2026 14:00:00 GMT' })).toBe(same)
})
