import type { Entry } from './memtable.ts'
import { childAt, encodePage, itemBytes, PAGE_BYTES, refOf, restOfChild, restOfEntry, type Item, type Page, type PageRef } from './page.ts'
import type { Pages } from './pages.ts'
import type { Root } from './tree.ts'

/** Takes new pages, the children before their parents. */
export type PageSink = (bytes: Buffer) => Promise<PageRef>

/** Of a page: with less it is joined with its neighbour when it is written anew. */
const LEAST = 1 / 4
/** Pages' worth of items that wait for being written, at most; and one page's children more. */
const MOST_WAITING = 16

/**
 * Writes the pages in which `changes` (in the order of their keys; null `json` takes an entry away) make a difference, and all above
 * them; the others stay where they are. The new root's page is not written but returned; null: nothing is left. `pageBytes`: what a page
 * takes at most, but for one item.
 */
export const rewrite = async (root: Root | null, changes: readonly Entry[], pages: Pick<Pages, 'read'>, sink: PageSink, pageBytes = PAGE_BYTES): Promise<{ readonly level: number; readonly page: Buffer } | null> => {
  const leastBytes = LEAST * pageBytes
  const write = async (items: readonly Item[]): Promise<Item[]> => {
    const children: Item[] = []
    for (const part of evenly(items, pageBytes)) children.push({ key: part[0]?.key ?? '', rest: restOfChild(await sink(encodePage(part))) })
    return children
  }

  /** The items that the page at `ref` has after its part of the changes. */
  const itemsAfter = async (ref: PageRef, level: number, own: readonly Entry[]): Promise<Item[]> => {
    const page = await pages.read(ref)
    if (level === 0) return merged(page, own)
    const children: Item[] = []
    // of pages written anew that lie side by side
    let waiting: Item[] = []
    let bytes = 0
    const flush = async (): Promise<void> => {
      children.push(...(await write(waiting)))
      ;[waiting, bytes] = [[], 0]
    }
    const add = (items: readonly Item[]): void => {
      for (const item of items) {
        waiting.push(item)
        bytes += itemBytes(item)
      }
    }
    for (const [index, changed] of shares(page, own).entries()) {
      if (changed.length === 0 && (bytes === 0 || bytes >= leastBytes)) {
        await flush()
        children.push({ key: page.keys[index] ?? '', rest: page.rests[index] ?? '' })
        continue
      }
      add(await itemsAfter(childAt(page, index), level - 1, changed))
      if (bytes < MOST_WAITING * pageBytes) continue
      const [kept, full] = lastPage(waiting, pageBytes)
      waiting = full
      await flush()
      add(kept)
    }
    const last = children.at(-1)
    if (bytes > 0 && bytes < leastBytes && last) {
      children.pop()
      const own = waiting
      ;[waiting, bytes] = [[], 0]
      add(await itemsAfter(refOf(last.rest), level - 1, []))
      add(own)
    }
    await flush()
    return children
  }

  let level = root?.level ?? 0
  let items = root ? await itemsAfter(root.ref, level, changes) : merged({ keys: [], rests: [], bytes: 0 }, changes)
  // what has one child is no branch
  while (level > 0 && items.length === 1) {
    level -= 1
    items = await itemsAfter(refOf(items[0]?.rest ?? ''), level, [])
  }
  while (items.length > 1 && items.reduce((sum, item) => sum + itemBytes(item), 0) > pageBytes) {
    items = await write(items)
    level += 1
  }
  return items.length === 0 ? null : { level, page: encodePage(items) }
}

/** A leaf's items after the changes. */
const merged = ({ keys, rests }: Page, changes: readonly Entry[]): Item[] => {
  const items: Item[] = []
  let next = 0
  const keep = (before: string | null): void => {
    for (; next < keys.length && (before === null || (keys[next] ?? '') < before); next += 1) items.push({ key: keys[next] ?? '', rest: rests[next] ?? '' })
  }
  for (const change of changes) {
    keep(change.key)
    if (keys[next] === change.key) next += 1
    if (change.json !== null) items.push({ key: change.key, rest: restOfEntry(change) })
  }
  keep(null)
  return items
}

/** The changes of each child; what comes before the first key is the first child's. */
const shares = ({ keys }: Page, changes: readonly Entry[]): readonly (readonly Entry[])[] => {
  let from = 0
  return keys.map((_, index) => {
    const bound = keys[index + 1]
    let to = from
    while (to < changes.length && (bound === undefined || (changes[to]?.key ?? '') < bound)) to += 1
    const share = changes.slice(from, to)
    from = to
    return share
  })
}

/** Splits items into pages of about the same size, none over a page's but by one item. */
const evenly = (items: readonly Item[], pageBytes: number): readonly (readonly Item[])[] => {
  const total = items.reduce((sum, item) => sum + itemBytes(item), 0)
  const target = total / Math.ceil(total / pageBytes)
  const parts: Item[][] = []
  let bytes = 0
  for (const item of items) {
    if (parts.length === 0 || bytes >= target * parts.length) parts.push([])
    parts.at(-1)?.push(item)
    bytes += itemBytes(item)
  }
  return parts
}

/** The last page's worth of items, and those before. */
const lastPage = (items: readonly Item[], pageBytes: number): readonly [last: Item[], before: Item[]] => {
  let from = items.length
  for (let bytes = 0; from > 0 && bytes < pageBytes / 2; ) bytes += itemBytes(items[(from -= 1)] as Item)
  return [items.slice(from), items.slice(0, from)]
}
