import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry } from './memtable.ts'
import { decodePage, type PageRef } from './page.ts'
import type { Pages } from './pages.ts'
import { rewrite } from './tree-writer.ts'
import { treeBelow, type Root } from './tree.ts'

/** Pages so small that a few hundred entries make a tree of several levels. */
const PAGE = 150

/** Pages in memory. `written`: how many there ever were. */
const memoryPages = () => {
  const pages = new Map<number, Buffer>()
  const put = async (bytes: Buffer): Promise<PageRef> => {
    const offset = pages.size
    pages.set(offset, bytes)
    return { object: 'o', offset, bytes: bytes.length, crc: crc32(bytes) }
  }
  const read: Pages['read'] = async (ref) => decodePage(pages.get(ref.offset) ?? Buffer.alloc(0), ref)
  const next = async (root: Root | null, changes: readonly Entry[]): Promise<Root | null> => {
    const top = await rewrite(root, changes, { read }, put, PAGE)
    return top && { level: top.level, ref: await put(top.page) }
  }
  return { next, read, written: () => pages.size }
}

const entry = (n: number, json: string | null): Entry => ({ key: `k/${String(n).padStart(4, '0')}`, json, place: n % 3 === 0 ? [n, n, n] : null, commit: 1, at: n })
const sorted = (entries: Iterable<Entry>) => [...entries].toSorted((a, b) => (a.key < b.key ? -1 : 1))
const allOf = async (root: Root | null, read: Pages['read'], reverse = false): Promise<Entry[]> => {
  const entries: Entry[] = []
  for await (const run of treeBelow(root, { read }).runsFrom(reverse ? '\uffff' : '', reverse)) entries.push(...run)
  return entries
}
const batches = fc.array(fc.oneof(
  fc.array(fc.tuple(fc.nat({ max: 999 }), fc.option(fc.integer(), { freq: 2 })), { minLength: 1, maxLength: 120 }),
  fc.tuple(fc.nat({ max: 999 }), fc.integer({ min: 1, max: 600 }), fc.boolean()).map(([from, length, gone]): [number, number | null][] => Array.from({ length }, (_, index) => [from + index, gone ? null : index])),
), { minLength: 1, maxLength: 12 })

test('a tree of several levels holds what a map would, whatever comes and goes, and a former root still holds what it did', async () => {
  let deepest = 0
  await fc.assert(fc.asyncProperty(batches, async (rounds) => {
    const { next, read } = memoryPages()
    let root: Root | null = null
    const model = new Map<string, Entry>()
    const former: { root: Root | null; entries: readonly Entry[] }[] = []
    for (const round of rounds) {
      const changes = sorted(new Map(round.map(([n, value]) => [n, entry(n, value === null ? null : String(value))])).values())
      root = await next(root, changes)
      for (const change of changes) {
        if (change.json === null) model.delete(change.key)
        else model.set(change.key, change)
      }
      former.push({ root, entries: sorted(model.values()) })
      deepest = Math.max(deepest, root?.level ?? 0)
    }
    for (const { root: then, entries } of former) {
      expect(await allOf(then, read)).toEqual(entries)
      expect(await allOf(then, read, true)).toEqual(entries.toReversed())
    }
    const tree = treeBelow(root, { read })
    for (let n = 0; n < 1_000; n += 37) expect(await tree.get(entry(n, null).key)).toEqual(model.get(entry(n, null).key))
  }), { numRuns: 60 })
  expect(deepest).toBeGreaterThan(2)
}, 60_000)

test('one change writes about one page of each level, and pages that shrink are joined', async () => {
  const { next, read, written } = memoryPages()
  const many = Array.from({ length: 1_000 }, (_, n) => entry(n, 'null'))
  const root = await next(null, many)
  const before = written()
  const changed = await next(root, [entry(500, '1')])
  expect(written() - before).toBeLessThanOrEqual((root?.level ?? 0) + 2) // one of them may have been full
  // all but every fortieth go: a page that kept its place would hold less than one
  const thin = await next(changed, many.filter((_, n) => n % 40 !== 0).map(({ at }) => entry(at, null)))
  expect(await allOf(thin, read)).toHaveLength(25)
  expect(thin?.level).toBeLessThan(root?.level ?? 0)
  expect(await next(thin, many.map(({ at }) => entry(at, null)))).toBeNull()
})
