/** A row as the index keeps it, or that it is gone (`json` null). `json`: its value. */
export type Entry = { readonly key: string; readonly json: string | null; readonly place: readonly [number, number, number] | null; readonly commit: number; readonly at: number }

/**
 * The newest entries in the order of their keys: an immutable treap, so that a snapshot is a reference and stays what it is. Two
 * children and the rank that keeps it balanced, drawn by lot so that nobody's keys can unbalance it.
 */
export type Memtable = Node | null
type Node = { readonly entry: Entry; readonly rank: number; readonly left: Memtable; readonly right: Memtable }

/** The table with the entry put in, in the place of a former one of the same key. */
export const withEntry = (table: Memtable, entry: Entry): Memtable => insert(table, entry, Math.random())

const insert = (node: Memtable, entry: Entry, rank: number): Node => {
  if (!node) return { entry, rank, left: null, right: null }
  if (entry.key === node.entry.key) return { ...node, entry }
  if (entry.key < node.entry.key) {
    const left = insert(node.left, entry, rank)
    return left.rank > node.rank ? { ...left, right: { ...node, left: left.right } } : { ...node, left }
  }
  const right = insert(node.right, entry, rank)
  return right.rank > node.rank ? { ...right, left: { ...node, right: right.left } } : { ...node, right }
}

export const entryOf = (table: Memtable, key: string): Entry | undefined => {
  let node = table
  while (node && node.entry.key !== key) node = key < node.entry.key ? node.left : node.right
  return node?.entry
}

/** All entries from `bound` on, upwards; in reverse those up to it, downwards. */
export function* entriesFrom(table: Memtable, bound: string, reverse: boolean): Generator<Entry, void> {
  const path: Node[] = []
  for (let node = table; node; ) {
    const counts = reverse ? node.entry.key <= bound : node.entry.key >= bound
    if (counts) path.push(node)
    node = counts === reverse ? node.right : node.left
  }
  for (let node = path.pop(); node; node = path.pop()) {
    yield node.entry
    for (let next = reverse ? node.left : node.right; next; next = reverse ? next.right : next.left) path.push(next)
  }
}
