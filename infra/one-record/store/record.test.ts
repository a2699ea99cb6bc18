import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStore, type MemoryStore } from '../testing/memory-store.ts'
import type { Reader, Scan, Transaction } from './port.ts'
import { openRecord, type AttachedRecord, type RecordOptions } from './record.ts'

const STORAGE = { endpoint: 'http://store.test', region: 'x', bucket: 'x', prefix: 'r/', accessKeyId: 'x', secretAccessKey: 'x', sessionToken: '', expiresAt: '2099-01-01T00:00:00Z' }

const open = (store: MemoryStore, epoch: number, options: Partial<RecordOptions> = {}, complain: (error: unknown) => void = (error) => { throw error }) =>
  openRecord({ epoch, storage: STORAGE }, { genesis: async (tx) => tx.put('genesis', true), limit: { bytes: Infinity, reached: () => {} }, complain }, { openStore: () => store, ...options })

/** What the record should be: its rows by key, each with its body. */
type Model = ReadonlyMap<string, { readonly value: unknown; readonly body: string | null }>

const padded = (n: number): string => `t/${String(n).padStart(5, '0')}/${'k'.repeat(n % 60)}`
const keys = fc.nat({ max: 3_000 }).map(padded)
const change = fc.oneof(
  { weight: 5, arbitrary: fc.record({ key: keys, value: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer(), fc.constant({ a: 'x\ty\n"z', b: null })), body: fc.option(fc.string({ maxLength: 100 }), { freq: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ key: keys, value: fc.constant(undefined), body: fc.constant(null) }) },
)
type Change = { readonly key: string; readonly value: unknown; readonly body: string | null }
/** A run of keys that lie side by side: whole pages come and go. */
const stretch = fc.record({ from: fc.nat({ max: 3_000 }), length: fc.integer({ min: 1, max: 400 }), gone: fc.boolean() })
  .map(({ from, length, gone }) => Array.from({ length }, (_, index): Change => ({ key: padded(from + index), value: gone ? undefined : { from, text: 'v'.repeat(index % 300) }, body: null })))
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), changes: fc.oneof(fc.array(change, { minLength: 1, maxLength: 60 }), stretch) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rest' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reattach' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pin' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), changes: fc.array(change, { minLength: 1, maxLength: 5 }) }) },
)

const apply = async (tx: Transaction, changes: readonly Change[]): Promise<void> => {
  for (const { key, value, body } of changes) {
    if (value === undefined) tx.delete(key)
    else tx.put(key, value as string, body === null ? null : tx.keep(Buffer.from(body)))
  }
}
const after = (model: Model, changes: readonly Change[]): Model => {
  const next = new Map(model)
  for (const { key, value, body } of changes) {
    if (value === undefined) next.delete(key)
    else next.set(key, { value, body })
  }
  return next
}
const expected = (model: Model, { prefix, from, after: cursor, reverse = false, limit }: Scan) => {
  const sorted = [...model].filter(([key]) => key.startsWith(prefix)).toSorted(([a], [b]) => (a < b === reverse ? 1 : -1))
  const counts = ([key]: readonly [string, unknown]) => (from === undefined || (reverse ? key <= from : key >= from)) && (cursor === undefined || (reverse ? key < cursor : key > cursor))
  return sorted.filter(counts).slice(0, limit).map(([key, { value }]) => ({ key, value }))
}
const compare = async (reader: Reader, model: Model, scans: readonly Scan[]): Promise<void> => {
  for (const scan of scans) expect((await reader.scan(scan)).map(({ key, value }) => ({ key, value }))).toEqual(expected(model, scan))
  for (const [key, { value, body }] of [...model].slice(0, 20)) {
    const row = await reader.get(key)
    expect(row?.value).toEqual(value)
    expect(row?.place ? (await reader.body(row.place)).toString() : null).toBe(body)
  }
  expect(await reader.get('t/none')).toBeNull()
}
const scans = fc.array(fc.record({
  prefix: fc.constantFrom('t/', '', 't/0', 't/00', 'u/'), from: fc.option(keys, { nil: undefined }), after: fc.option(keys, { nil: undefined }), reverse: fc.boolean(), limit: fc.integer({ min: 1, max: 1_000 }),
}), { minLength: 1, maxLength: 4 })

test('whatever is written, rested, attached again and read is what a map would hold; a view stays what it was', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), scans, fc.integer({ min: 1, max: 9 }), fc.constantFrom(2_000, 100_000, 10_000_000), async (steps, asked, checkpointEvery, tableBytes) => {
    const store = memoryStore()
    const options = { checkpointEvery, tableBytes, pageCacheBytes: 200_000, cacheBytes: 10_000 }
    let epoch = 1
    let record: AttachedRecord = await open(store, epoch, options)
    let model: Model = new Map([['genesis', { value: true, body: null }]])
    const pinned: { reader: Reader; model: Model }[] = []
    for (const one of steps) {
      if (one.kind === 'write') {
        // some of them share a commit
        const half = Math.ceil(one.changes.length / 2)
        await Promise.all([record.write((tx) => apply(tx, one.changes.slice(0, half))), record.write((tx) => apply(tx, one.changes.slice(half)))])
        model = after(model, one.changes)
      } else if (one.kind === 'fail') {
        await expect(record.write(async (tx) => {
          await apply(tx, one.changes)
          throw new Error('no')
        })).rejects.toThrow('no')
      } else if (one.kind === 'rest') expect(await record.rest()).toEqual({ busy: null })
      else if (one.kind === 'pin') pinned.push({ reader: record.reader(), model })
      else record = await open(store, (epoch += 1), options)
      await compare(record.reader(), model, asked.slice(0, 1))
    }
    await record.write(async (tx) => {
      await apply(tx, [{ key: padded(7), value: 'staged', body: 'b' }, { key: padded(8), value: undefined, body: null }])
      await compare({ ...tx, head: 0 }, after(model, [{ key: padded(7), value: 'staged', body: 'b' }, { key: padded(8), value: undefined, body: null }]), asked)
      throw new Error('only looked')
    }).catch((error: unknown) => expect(String(error)).toContain('only looked'))
    for (const { reader, model: then } of pinned) await compare(reader, then, asked)
    await compare(record.reader(), model, asked)
    await compare((await open(store, epoch + 1, options)).reader(), model, asked)
  }), { numRuns: 60 })
}, 120_000)

/** So many rows of a table, in commits of a hundred. */
const fill = async (record: AttachedRecord, rows: number): Promise<void> => {
  for (let from = 0; from < rows; from += 100) await record.write(async (tx) => Array.from({ length: 100 }, (_, index) => tx.put(padded(from + index), 'v'.repeat(100))).length)
}
const ALL = { prefix: 't/', limit: 1_000 }
const isCheckpoint = (key: string): boolean => key.startsWith('r/checkpoints/') || key.startsWith('r/pages/')

test.each([['missing', null], ['torn', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)], ['of another version', () => Buffer.from('{"format":9}')], ['empty', () => Buffer.alloc(0)]])('checkpoints that are %s cost time, and nothing else', async (_, spoil) => {
  const store = memoryStore()
  const first = await open(store, 1, { checkpointEvery: 5 })
  await fill(first, 3_000)
  const rows = await first.reader().scan(ALL)
  for (const [key, bytes] of store.objects) {
    if (!isCheckpoint(key)) continue
    if (spoil) store.objects.set(key, spoil(bytes))
    else store.objects.delete(key)
  }
  expect(await (await open(store, 2)).reader().scan(ALL)).toEqual(rows)
})

test('the newest checkpoint that can be read is taken', async () => {
  const store = memoryStore()
  const first = await open(store, 1, { checkpointEvery: 5 })
  await fill(first, 3_000)
  await first.rest()
  const [newest = ''] = [...store.objects.keys()].filter((key) => key.startsWith('r/checkpoints/')).toSorted()
  store.objects.set(newest, Buffer.from('nothing'))
  store.asked.length = 0
  const rows = await first.reader().scan(ALL)
  expect(await (await open(store, 2)).reader().scan(ALL)).toEqual(rows)
  expect(store.asked.filter((key) => key.startsWith('r/commits/')).length).toBeLessThan(24)
})

test('pages that are lost while the record is in use are made again from the log: 503 until then', async () => {
  const store = memoryStore()
  const heard: unknown[] = []
  const first = await open(store, 1, { checkpointEvery: 5, tableBytes: 100_000 })
  await fill(first, 3_000)
  await first.rest()
  const rows = await first.reader().scan(ALL)
  const record = await open(store, 2, { pageCacheBytes: 0, checkpointEvery: 5 }, (error) => heard.push(error))
  for (const key of store.objects.keys()) if (isCheckpoint(key)) store.objects.delete(key)
  await expect(record.reader().scan(ALL)).rejects.toMatchObject({ status: 503 })
  await expect.poll(() => record.reader().scan(ALL).catch(() => null), { timeout: 30_000 }).toEqual(rows)
  expect(heard).toContainEqual(expect.objectContaining({ name: 'LostPageError' }))
  await record.write(async (tx) => tx.put(padded(1), 'after'))
  expect((await record.reader().get(padded(1)))?.value).toBe('after')
  expect(await record.rest()).toEqual({ busy: null })
  expect((await (await open(store, 3)).reader().get(padded(1)))?.value).toBe('after')
})

test('a long log without a checkpoint is read with bounded memory: checkpoints are written on the way', async () => {
  const store = memoryStore()
  const first = await open(store, 1, { checkpointEvery: 1_000_000, tableBytes: 1_000_000_000 })
  await fill(first, 5_000)
  expect([...store.objects.keys()].filter(isCheckpoint)).toEqual([])
  const second = await open(store, 2, { tableBytes: 200_000 })
  expect([...store.objects.keys()].filter((key) => key.startsWith('r/checkpoints/')).length).toBeGreaterThan(5)
  expect(await second.reader().scan(ALL)).toEqual(await first.reader().scan(ALL))
})

test('a checkpoint that cannot be written changes nothing; when none can be, writes end before memory does', async () => {
  const store = memoryStore()
  const heard: unknown[] = []
  const refusing: MemoryStore = { ...store, create: async (key, body) => isCheckpoint(key) ? Promise.reject(new Error('no room')) : store.create(key, body) }
  const record = await open(refusing, 1, { tableBytes: 50_000, checkpointEvery: 5 }, (error) => heard.push(error))
  await expect(fill(record, 3_000)).rejects.toMatchObject({ status: 503 })
  expect(heard.length).toBeGreaterThan(3)
  const rows = await record.reader().scan(ALL)
  expect(rows.length).toBeGreaterThan(500)
  expect(await (await open(store, 2)).reader().scan(ALL)).toEqual(rows)
})

test('a write over the limit is refused and leaves nothing; what reduces the record may go on', async () => {
  const store = memoryStore()
  let reached = 0
  const record = await openRecord({ epoch: 1, storage: STORAGE }, { genesis: async (tx) => tx.put('genesis', true), limit: { bytes: 20_000, reached: () => { reached += 1 } }, complain: () => {} }, { openStore: () => store })
  await record.write(async (tx) => tx.put('a', 1, tx.keep(Buffer.alloc(10_000))))
  const before = record.usage().bytes
  await expect(record.write(async (tx) => tx.put('b', 1, tx.keep(Buffer.alloc(10_000))))).rejects.toMatchObject({ status: 507 })
  expect([reached, await record.reader().get('b'), record.usage().bytes]).toEqual([1, null, before])
  await record.write(async (tx) => tx.delete('a'), { beyondLimit: true })
  expect(record.usage().bytes).toBe([...store.objects.values()].reduce((sum, { length }) => sum + length, 0))
})

test('what comes after a commit comes only when there is one', async () => {
  const record = await open(memoryStore(), 1)
  const heard: string[] = []
  await record.write(async (tx) => {
    tx.put('a', 1)
    tx.afterwards(() => heard.push('durable'))
  })
  await expect(record.write(async (tx) => {
    tx.afterwards(() => heard.push('never'))
    throw new Error('no')
  })).rejects.toThrow('no')
  expect(heard).toEqual(['durable'])
})

test('a row that is too long is refused', async () => {
  const record = await open(memoryStore(), 1)
  await expect(record.write(async (tx) => tx.put('a', 'x'.repeat(5_000)))).rejects.toThrow(RangeError)
  await expect(record.write(async (tx) => tx.put('a'.repeat(2_000), 1))).rejects.toThrow(RangeError)
})

test('a change of thousands of rows lets others have their turn', async () => {
  const record = await open(memoryStore(), 1)
  let turns = 0
  const turn = (): void => { turns += 1; next = setImmediate(turn) }
  let next = setImmediate(turn)
  await record.write(async (tx) => {
    for (let n = 0; n < 5_000; n += 1) if (!(await tx.get(padded(n)))) tx.put(padded(n), n)
  })
  clearImmediate(next)
  expect(turns).toBeGreaterThan(20)
})
