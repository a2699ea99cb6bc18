import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ObjectStore } from '../store/object-store.ts'
import { directoryStore } from './directory-store.ts'

let folder: string
let store: ObjectStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orp-folder-'))
  store = directoryStore(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('of many that create a key one does, and what it wrote stays', async () => {
  const outcomes = await Promise.all(Array.from({ length: 64 }, (_, index) => store.create('r/commits/1', [Buffer.from('writer '), Buffer.from(String(index))])))
  expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
  expect((await store.get('r/commits/1'))?.toString()).toBe(`writer ${outcomes.indexOf('created')}`)
  expect(readdirSync(join(folder, 'r/commits'))).toEqual(['1'])
})
test('reads a part, and nothing of a key that is not there', async () => {
  await store.create('r/a', [Buffer.from('0123456789')])
  expect((await store.get('r/a', { offset: 3, bytes: 4 }))?.toString()).toBe('3456')
  expect((await store.get('r/a', { offset: 8, bytes: 10 }))?.toString()).toBe('89')
  expect(await store.get('r/b')).toBeNull()
  expect(await store.beginning('r/a', 4)).toEqual({ bytes: Buffer.from('0123'), size: 10 })
  expect(await store.beginning('r/a', 100)).toEqual({ bytes: Buffer.from('0123456789'), size: 10 })
  expect(await store.beginning('r/b', 4)).toBeNull()
})
test('takes and gives what streams, whole or not at all', async () => {
  await store.upload('r/documents/a', Readable.from([Buffer.from('0123'), Buffer.from('456789')]), 10)
  expect(await store.download('r/documents/a').then((found) => found && text(found.stream))).toBe('0123456789')
  expect(await store.download('r/documents/a', { offset: 3, bytes: 4 }).then((found) => found && text(found.stream))).toBe('3456')
  expect(await store.download('r/documents/a', { offset: 10, bytes: 1 })).toBeNull()
  expect(await store.download('r/documents/b')).toBeNull()
  await expect(store.upload('r/documents/c', Readable.from([Buffer.from('0123')]), 10)).rejects.toThrow(RangeError)
  expect(readdirSync(join(folder, 'r/documents'))).toEqual(['a'])
})
test('lists the first keys below a prefix, in order', async () => {
  for (const n of [3, 1, 2]) await store.create(`r/checkpoints/00${n}`, [Buffer.from('x')])
  expect(await store.list('r/checkpoints/', 2)).toEqual(['r/checkpoints/001', 'r/checkpoints/002'])
  expect(await store.list('r/nothing/', 2)).toEqual([])
})
test.each(['../a', 'r/../../a', 'r//a', '', 'r/\0'])('takes no key that leaves the folder: %j', (key) =>
  expect(store.create(key, [Buffer.from('x')])).rejects.toMatchObject({ status: 400 }))
