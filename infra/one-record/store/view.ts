import { entriesFrom, entryOf, type Entry, type Memtable } from './memtable.ts'
import type { Json, Place, Reader, Row, Scan } from './port.ts'

/** The part of the index that lies in the object store. Both throw ObjectStoreError. */
export type Tree = {
  get(key: string): Promise<Entry | undefined>
  /** Runs of entries from `bound` on, upwards; in reverse those up to it, downwards. */
  runsFrom(bound: string, reverse: boolean): AsyncGenerator<readonly Entry[], void>
}

/** All that a reader sees: what `tree` holds, and over it the entries that came after. */
export type View = { readonly head: number; readonly tree: Tree; readonly table: Memtable }

const MOST_ROWS = 1_000
/** Comes after every key. */
const END = '\uffff'

/** A reader of a view. `body`: reads a body that a place names. */
export const readerOf = ({ head, tree, table }: View, body: (place: Place) => Promise<Buffer>): Reader => ({
  head,
  body,
  get: async <T = Json>(key: string): Promise<Row<T> | null> => {
    const entry = entryOf(table, key) ?? (await tree.get(key))
    return entry && entry.json !== null ? rowOf<T>(entry, entry.json) : null
  },
  scan: async <T = Json>({ prefix, from, after, reverse = false, limit }: Scan): Promise<readonly Row<T>[]> => {
    if (!(limit >= 1 && limit <= MOST_ROWS)) throw new RangeError(`a scan is of 1 to ${MOST_ROWS} rows, not ${limit}`)
    const bounds = [reverse ? prefix + END : prefix, from, after].filter((bound) => bound !== undefined)
    const bound = bounds.reduce((one, other) => (one > other === reverse ? other : one))
    const rows: Row<T>[] = []
    for await (const entry of overlaid(table, tree, bound, reverse)) {
      if (!entry.key.startsWith(prefix)) break
      if (entry.key === after || entry.json === null) continue
      rows.push(rowOf<T>(entry, entry.json))
      if (rows.length >= limit) break
    }
    return rows
  },
})

/** The table's entries and the tree's in one order; of two with one key the table's. */
async function* overlaid(table: Memtable, tree: Tree, bound: string, reverse: boolean): AsyncGenerator<Entry, void> {
  const newer = entriesFrom(table, bound, reverse)
  let next = newer.next()
  for await (const run of tree.runsFrom(bound, reverse)) {
    for (const entry of run) {
      while (!next.done && next.value.key !== entry.key && next.value.key < entry.key !== reverse) {
        yield next.value
        next = newer.next()
      }
      if (!next.done && next.value.key === entry.key) continue
      yield entry
    }
  }
  for (; !next.done; next = newer.next()) yield next.value
}

const rowOf = <T>({ key, place, commit, at }: Entry, json: string): Row<T> => ({ key, value: JSON.parse(json) as T, place, commit, at })
