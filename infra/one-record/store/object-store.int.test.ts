import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { claimOn, startStore } from '../testing/store.ts'
import { objectStore, type ObjectStore } from './object-store.ts'

let minio: MinioServer
let store: ObjectStore
let prefix: string
beforeAll(async () => {
  minio = await startStore()
  const { storage } = claimOn(minio)
  prefix = storage.prefix
  store = objectStore(storage)
})
afterAll(async () => {
  store.closeSockets()
  await minio.stop()
})

const MEGABYTE = 1024 * 1024

test('a document is uploaded as it comes, and read back whole or in part', async () => {
  const bytes = randomBytes(5 * MEGABYTE)
  const pieces = Array.from({ length: 80 }, (_, index) => bytes.subarray(index * 65_536, (index + 1) * 65_536))
  await store.upload(`${prefix}documents/a b`, Readable.from(pieces), bytes.length)
  const all = await store.download(`${prefix}documents/a b`)
  expect(all?.size).toBe(bytes.length)
  expect((await buffer(all?.stream ?? Readable.from([]))).equals(bytes)).toBe(true)
  const part = await store.download(`${prefix}documents/a b`, { offset: 1_000, bytes: 2_000 })
  expect([part?.size, (await buffer(part?.stream ?? Readable.from([]))).equals(bytes.subarray(1_000, 3_000))]).toEqual([bytes.length, true])
  expect(await store.download(`${prefix}documents/a b`, { offset: bytes.length, bytes: 1 })).toBeNull()
  expect(await store.download(`${prefix}documents/nothing`)).toBeNull()
})

test.each([['less', 999], ['more', 1_001]])('a document that has %s bytes than were said is not stored', async (_, length) => {
  await expect(store.upload(`${prefix}documents/${length}`, Readable.from([Buffer.alloc(1_000)]), length)).rejects.toThrow(/bytes/)
  expect(await store.download(`${prefix}documents/${length}`)).toBeNull()
})

test('a document whose client goes away is not stored, and the reason is the client', async () => {
  const stream = Readable.from((async function* () {
    yield Buffer.alloc(65_536)
    await Promise.resolve()
    throw new Error('aborted')
  })())
  await expect(store.upload(`${prefix}documents/gone`, stream, MEGABYTE)).rejects.toThrow('aborted')
  expect(await store.download(`${prefix}documents/gone`)).toBeNull()
})

test('an empty document is one', async () => {
  await store.upload(`${prefix}documents/empty`, Readable.from([]), 0)
  const there = await store.download(`${prefix}documents/empty`)
  expect([there?.size, (await buffer(there?.stream ?? Readable.from(['x']))).length]).toEqual([0, 0])
})

test('what is created stays, and its ends say how long it is', async () => {
  const pieces = [Buffer.from('one '), Buffer.from('two')]
  expect(await store.create(`${prefix}x`, pieces)).toBe('created')
  expect(await store.create(`${prefix}x`, [Buffer.from('other')])).toBe('exists')
  expect(await store.beginning(`${prefix}x`, 3)).toEqual({ bytes: Buffer.from('one'), size: 7 })
  expect(await store.beginning(`${prefix}x`, 300)).toEqual({ bytes: Buffer.from('one two'), size: 7 })
  expect(await store.beginning(`${prefix}y`, 3)).toBeNull()
  expect(await store.end(`${prefix}x`, 3)).toEqual({ bytes: Buffer.from('two'), size: 7 })
  expect(await store.end(`${prefix}x`, 300)).toEqual({ bytes: Buffer.from('one two'), size: 7 })
  expect((await store.get(`${prefix}x`, { offset: 4, bytes: 3 }))?.toString()).toBe('two')
})
