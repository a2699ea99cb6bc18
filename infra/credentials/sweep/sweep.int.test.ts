import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { logger } from '../../log.ts'
import { randomId } from '../../ids.ts'
import { checkpointsPrefix } from '../../one-record/commit-key.ts'
import { deleteDocument, findDocument, putDocument } from '../../one-record/documents/document-rows.ts'
import { objectsOf } from '../../one-record/store/checkpoint.ts'
import { key } from '../../one-record/store/key.ts'
import { objectStore } from '../../one-record/store/object-store.ts'
import type { Reader } from '../../one-record/store/port.ts'
import { openRecord, type AttachedRecord } from '../../one-record/store/record.ts'
import { BUCKET, claimOn, startStore } from '../../one-record/testing/store.ts'
import type { MinioServer } from '../../testing/servers.ts'
import { ensureBucket } from '../bucket.ts'
import { connectRoot, text, type Root } from '../root.ts'
import { sweepable, sweepRecord } from './record.ts'
import { storedBelow } from './stored.ts'
import { sweep } from './sweep.ts'

let minio: MinioServer
let root: Root
beforeAll(async () => {
  minio = await startStore()
  root = connectRoot({ endpoint: minio.url, region: 'us-east-1', bucket: BUCKET, user: minio.user, password: minio.password })
  await ensureBucket(root, logger('credentials', 'silent'))
})
afterAll(() => minio.stop())

const CHECKPOINT_EVERY = 6

type Rows = ReadonlyMap<string, string>

/** A record and what is known of it. Nothing of it is kept in memory, so that every page that is needed is read. */
const livingRecord = () => {
  const prefix = `${randomId()}/`
  const { storage } = claimOn(minio, { prefix })
  const store = objectStore(storage)
  const complaints: unknown[] = []
  const rows = new Map<string, string>()
  const documents = new Map<string, string>()
  let [epoch, drawn] = [0, 0]
  let record: AttachedRecord
  let former: AttachedRecord | null = null
  let pinned: { readonly reader: Reader; readonly rows: Rows; readonly at: number } | null = null

  const expectRows = async (reader: Reader, expected: Rows): Promise<void> => {
    const found = new Map<string, string>()
    for (let after: string | undefined, more = true; more; ) {
      const page = await reader.scan<string>({ prefix: 'row/', limit: 1_000, ...(after === undefined ? {} : { after }) })
      for (const { key: name, value, place } of page) {
        found.set(name, value)
        expect((await reader.body(place ?? [0, 0, 0])).toString()).toBe(`body ${value}`)
      }
      after = page.at(-1)?.key
      more = page.length === 1_000
    }
    expect([...found]).toEqual([...expected].toSorted(([one], [other]) => (one < other ? -1 : 1)))
  }
  const expectDocuments = async (): Promise<void> => {
    for (const [name, content] of documents) {
      const row = await findDocument(record.reader(), 'o', name)
      const file = await record.files.download(row?.value.file ?? '')
      expect(file && (await buffer(file.stream)).toString()).toBe(content)
    }
  }
  const upload = async (content: string): Promise<string> => {
    const file = `documents/o/${randomId()}`
    await record.files.upload(file, Readable.from([Buffer.from(content)]), content.length)
    return file
  }
  const claim = async (): Promise<void> => {
    epoch += 1
    former = epoch === 1 ? null : record
    record = await openRecord({ epoch, storage }, { genesis: async () => {}, limit: { bytes: Infinity, reached: () => {} }, complain: (error) => complaints.push(error) }, { cacheBytes: 0, pageCacheBytes: 0, checkpointEvery: CHECKPOINT_EVERY })
    // what it had begun ends while the next serves; in the wild that takes no longer than the grace
    await former?.indexNow()
  }
  const life = {
    prefix, store, claim, complaints,
    write: async (from: number, count: number): Promise<void> => {
      await record.write(async (tx) => {
        for (let n = from; n < from + count; n += 1) {
          const value = `${(drawn += 1)}`
          tx.put(key('row', n), value, tx.keep(Buffer.from(`body ${value}`)))
          rows.set(key('row', n), value)
        }
      })
    },
    take: async (from: number, count: number): Promise<void> => {
      await record.write(async (tx) => {
        for (let n = from; n < from + count; n += 1) tx.delete(key('row', n))
      })
      for (let n = from; n < from + count; n += 1) rows.delete(key('row', n))
    },
    document: async (name: string): Promise<void> => {
      const content = `document ${(drawn += 1)}`
      const file = await upload(content)
      await record.write((tx) => putDocument(tx, 'o', name, { file, mediaType: 'text/plain', bytes: content.length, digest: '', by: 'h' }))
      documents.set(name, content)
    },
    discard: async (name: string): Promise<void> => {
      await record.write((tx) => deleteDocument(tx, 'o', name, 'h'))
      documents.delete(name)
    },
    cutUpload: async (): Promise<void> => void (await upload('nobody will name it')),
    checkpoint: () => record.indexNow(),
    /** A claim ends in the middle of a write, and wakes again when the next has begun: its last checkpoint comes late. */
    kill: async (): Promise<void> => {
      const late = record.write(async (tx) => tx.put('late', epoch)).catch(() => {})
      await claim()
      await late
      await former?.indexNow()
    },
    pin: async (): Promise<void> => {
      if (!pinned) pinned = { reader: record.reader(), rows: new Map(rows), at: Date.now() }
    },
    unpin: async (): Promise<void> => {
      if (pinned) await expectRows(pinned.reader, pinned.rows)
      pinned = null
    },
    /** No checkpoint is under way: some of its parts may be there long before what names them. */
    settle: async (): Promise<void> => {
      if (record.reader().head - record.indexedTo() >= CHECKPOINT_EVERY) await record.indexNow()
    },
    sweep: async (): Promise<void> => {
      const graceMs = pinned ? Date.now() - pinned.at : 0
      expect(await sweep({ prefix, graceMs }, { ...sweepable(store, root), now: async () => Date.now() })).toMatchObject({ state: 'swept' })
    },
    expectWhole: async (): Promise<void> => {
      await expectRows(record.reader(), rows)
      await expectDocuments()
    },
    /** After the last sweep there is nothing but what the two newest checkpoints are made of, and the documents that there are. */
    expectNoMore: async (): Promise<void> => {
      const needed = new Set<string>()
      for (const newest of await store.list(checkpointsPrefix(prefix), 2)) for (const object of (await objectsOf(newest, { store, prefix })) ?? []) needed.add(object)
      for (const name of documents.keys()) needed.add(`${prefix}${(await findDocument(record.reader(), 'o', name))?.value.file}`)
      const there: string[] = []
      for await (const one of storedBelow(prefix, root)) if (!one.key.startsWith(`${prefix}commits/`)) there.push(one.key)
      expect(there.toSorted()).toEqual([...needed].toSorted())
    },
  }
  return life
}
type Life = ReturnType<typeof livingRecord>
type Step = { readonly name: string; run(life: Life): Promise<void>; [fc.toStringMethod](): string }

const step = (name: string, run: (life: Life) => Promise<void>): Step => ({ name, run, [fc.toStringMethod]: () => name })
const at = fc.integer({ min: 0, max: 900 })
const name = fc.constantFrom('a', 'b', 'c')
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(at, fc.integer({ min: 1, max: 12 })).map(([from, count]) => step(`write ${from} ${count}`, (life) => life.write(from, count))) },
  // more than one part of pages holds
  { weight: 1, arbitrary: at.map((from) => step(`write ${from} 400`, (life) => life.write(from, 400))) },
  { weight: 2, arbitrary: fc.tuple(at, fc.integer({ min: 1, max: 200 })).map(([from, count]) => step(`take ${from} ${count}`, (life) => life.take(from, count))) },
  { weight: 2, arbitrary: name.map((of) => step(`document ${of}`, (life) => life.document(of))) },
  { weight: 1, arbitrary: name.map((of) => step(`discard ${of}`, (life) => life.discard(of))) },
  { weight: 1, arbitrary: fc.constant(step('cut upload', (life) => life.cutUpload())) },
  { weight: 2, arbitrary: fc.constant(step('checkpoint', (life) => life.checkpoint())) },
  { weight: 2, arbitrary: fc.constant(step('kill', (life) => life.kill())) },
  { weight: 2, arbitrary: fc.constant(step('pin', (life) => life.pin())) },
  { weight: 2, arbitrary: fc.constant(step('unpin', (life) => life.unpin())) },
  { weight: 4, arbitrary: fc.constant(step('sweep', async (life) => {
    await life.settle()
    await life.sweep()
  })) },
  { weight: 2, arbitrary: at.map((from) => step(`sweep while writing ${from}`, async (life) => {
    await life.settle()
    await Promise.all([life.sweep(), life.write(from, 3), life.checkpoint()])
  })) },
)

test('whatever a record lives through, all of it is there, for whoever holds it and for the next, and nothing else stays', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 60 }), async (lived) => {
      const life = livingRecord()
      await life.claim()
      for (const { run } of lived) await run(life)
      await life.expectWhole()
      await life.unpin()
      await life.claim()
      await life.expectWhole()
      await life.checkpoint()
      await life.sweep()
      await life.sweep()
      await life.expectNoMore()
      await life.expectWhole()
      await life.claim()
      await life.expectWhole()
      expect(life.complaints).toEqual([])
      life.store.closeSockets()
    }),
    { numRuns: 10 },
  )
})

const put = async (at: string, body: string) => text(await root.send('PUT', `/${BUCKET}/${at}`, { body }), at)
const keysOf = async (prefix: string): Promise<readonly string[]> => {
  const keys: string[] = []
  for await (const one of storedBelow(prefix, root)) keys.push(one.key)
  return keys
}

test.each([
  ['the newest checkpoint cannot be read', async (life: Life) => put(`${life.prefix}checkpoints/000000000000-torn`, 'torn'), 'cannot be read'],
  ['a page is missing', async (life: Life) => {
    const [newest = ''] = await life.store.list(checkpointsPrefix(life.prefix), 1)
    const [older = ''] = ((await objectsOf(newest, life)) ?? []).filter((object) => object !== newest)
    await put(older, 'not a page')
  }, 'not'],
  ['the end of the log that it was made of is missing', async (life: Life) => {
    const last = (await life.store.list(`${life.prefix}commits/`, 1_000)).at(-1) ?? ''
    await text(await root.send('DELETE', `/${BUCKET}/${last}`), last)
  }, 'is missing'],
])('when %s nothing is deleted', async (_, spoil, reason) => {
  const life = livingRecord()
  await life.claim()
  for (let n = 0; n < 30; n += 1) await life.write(n * 20, 20)
  await life.cutUpload()
  await life.checkpoint()
  await spoil(life)
  const before = await keysOf(life.prefix)
  const all = { ...sweepable(life.store, root), now: async () => Date.now() + 1_000 }
  expect(await sweep({ prefix: life.prefix, graceMs: 0 }, all)).toEqual({ state: 'unsure', reason: expect.stringContaining(reason) })
  expect(await keysOf(life.prefix)).toEqual(before)
})

test('within the grace nothing is deleted, and it is said how much waits; with it over, all versions are', async () => {
  const life = livingRecord()
  await life.claim()
  for (let n = 0; n < 30; n += 1) await life.write(0, 20)
  await life.document('a')
  await life.document('a')
  await put(`${life.prefix}documents/o/twice`, 'x')
  await put(`${life.prefix}documents/o/twice`, 'y')
  const before = await keysOf(life.prefix)
  const deploymentId = life.prefix.slice(0, -1)
  const early = await sweepRecord(deploymentId, 60_000, root)
  expect(early).toEqual({ state: 'swept', objects: 0, bytes: 0, waiting: expect.toSatisfy((waiting: number) => waiting > 3) })
  expect(await keysOf(life.prefix)).toEqual(before)
  const later = { ...sweepable(life.store, root), now: async () => Date.now() + 61_000 }
  const swept = await sweep({ prefix: life.prefix, graceMs: 60_000 }, later)
  expect(swept).toMatchObject({ state: 'swept', objects: expect.toSatisfy((objects: number) => objects > 3), bytes: expect.toSatisfy((bytes: number) => bytes > 1_000), waiting: 0 })
  expect((await keysOf(life.prefix)).filter((one) => one.endsWith('/twice'))).toEqual([])
  expect(await sweep({ prefix: life.prefix, graceMs: 60_000 }, later)).toEqual({ state: 'swept', objects: 0, bytes: 0, waiting: 0 })
  await life.expectWhole()
})
