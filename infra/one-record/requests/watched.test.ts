import { expect, test } from 'vitest'
import type { Transaction } from '../store/port.ts'
import { watched } from './watched.ts'

const done: string[] = []
const transaction: Transaction = {
  head: 1, at: new Date(0), get: async () => null, scan: async () => [], body: async () => Buffer.alloc(0),
  keep: ({ length }) => [1, 0, length], put: (key) => void done.push(`put ${key}`), delete: (key) => void done.push(`delete ${key}`), afterwards: () => {},
}

test.each<[string, boolean, (tx: Transaction) => unknown]>([
  ['reading', false, async (tx) => [await tx.get('a'), await tx.scan({ prefix: 'a', limit: 1 }), await tx.body([1, 0, 1])]],
  ['putting', true, (tx) => tx.put('a', 1)], ['deleting', true, (tx) => tx.delete('a')], ['keeping a body', true, (tx) => tx.keep(Buffer.from('x'))],
])('after %s it says so: %s', async (_, isWritten, act) => {
  const { tx, hasWritten } = watched(transaction)
  expect(hasWritten()).toBe(false)
  await act(tx)
  expect([hasWritten(), tx.at, tx.head]).toEqual([isWritten, transaction.at, 1])
})

test('what is written goes through', () => expect(done).toEqual(['put a', 'delete a']))
