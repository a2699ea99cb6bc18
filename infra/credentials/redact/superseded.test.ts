import { expect, test } from 'vitest'
import type { Op } from '../../one-record/store/commit.ts'
import { key } from '../../one-record/store/key.ts'
import { supersededRows } from './superseded.ts'

const put = (name: string, value: unknown): Op => ({ key: name, json: JSON.stringify(value), place: null })
const gone = (name: string): Op => ({ key: name, json: null, place: null })

/** An object's life: made, found by a word, changed by a request, with a document; erased in commit 3. */
const LOG: readonly (readonly Op[])[] = [
  [put(key('revision', 'o', 1), { title: 'Erika' }), put(key('object', 'o'), { revision: 1 }), put(key('term', 'text', 'erika', 'o'), 1), put(key('object', 'p'), { revision: 1 }), put('usage', { objects: 2 })],
  [put(key('request', 'r'), { object: 'o', status: 'ACCEPTED' }), put(key('document', 'o', 'passport of erika'), { file: 'documents/f' }), put(key('outbox', 'a', 1), { object: 'http://h.test/logistics-objects/o' }), put('usage', { objects: 2 })],
  [gone(key('revision', 'o', 1)), gone(key('object', 'o')), gone(key('term', 'text', 'erika', 'o')), gone(key('request', 'r')), gone(key('document', 'o', 'passport of erika')), put(key('erased', 'o'), { state: 'pending' }), put('usage', { objects: 1 })],
  [gone(key('outbox', 'a', 1)), put(key('erased', 'o'), { state: 'gone' })],
]

const looked = () => {
  const rows = supersededRows('o')
  LOG.forEach((ops, index) => rows.add(index + 1, ops))
  return rows
}
const redacted = (n: number) => (LOG[n - 1] ?? []).map(looked().redaction(n))

test('what named the object and is gone or newer is redacted, in the values and in the keys; nothing else is', () => {
  expect(redacted(1)).toEqual([key('revision', 'o', 1).replace(/\d{16}/, 'x'.repeat(16)), key('object', 'o'), 'term/xxxx/xxxxx/o', null, null])
  expect(redacted(2)).toEqual([key('request', 'r'), `document/o/${'x'.repeat('passport%20of%20erika'.length)}`, key('outbox', 'a', 1), null])
  expect(redacted(4)).toEqual([key('outbox', 'a', 1), null])
})

test('what still is a row stays', () => expect(redacted(4).at(-1)).toBeNull())

test('its documents and its commits are known', () => {
  expect(looked().files()).toEqual(['documents/f'])
  expect(looked().commits()).toEqual([1, 2, 3, 4])
})
