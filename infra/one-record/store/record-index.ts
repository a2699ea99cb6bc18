import type { Checkpoint } from './checkpoint.ts'
import type { StoredCommit } from './log.ts'
import { entriesFrom, withEntry, type Memtable } from './memtable.ts'
import type { Pages } from './pages.ts'
import { treeBelow, type Root } from './tree.ts'
import { NO_USAGE, USAGE, type Usage } from './usage.ts'
import type { View } from './view.ts'

/** What all commits up to `head` derive to. The newest entries are in `table`, all others below `root`; bodies stay in the store. */
export type RecordIndex = {
  head: number
  /** Highest epoch in the log. */
  epoch: number
  /** Time of the newest commit in milliseconds; the log's time never goes back. */
  at: number
  /** Bytes of all commits. */
  storedBytes: number
  usage: Usage
  /** The newest checkpoint, and which commit it ends with. */
  root: Root | null
  rootedAt: number
  table: Memtable
  /** About the memory that the table takes. */
  tableBytes: number
}

export const indexFrom = (checkpoint: Checkpoint | null): RecordIndex => ({
  head: checkpoint?.n ?? 0, epoch: checkpoint?.epoch ?? 0, at: checkpoint?.at ?? 0, storedBytes: checkpoint?.storedBytes ?? 0, usage: checkpoint?.usage ?? NO_USAGE,
  root: checkpoint?.root ?? null, rootedAt: checkpoint?.n ?? 0, table: null, tableBytes: 0,
})

export const isEmpty = ({ root, table }: RecordIndex): boolean => !root && !table

export const viewOf = ({ head, root, table }: RecordIndex, pages: Pick<Pages, 'read'>): View => ({ head, tree: treeBelow(root, pages), table })

/** Takes the next commit in. @throws Error when it is not the next */
export const addCommit = (index: RecordIndex, { header, ops, size }: StoredCommit): void => {
  if (header.n !== index.head + 1) throw new Error(`commit ${header.n} cannot follow commit ${index.head}`)
  const at = Date.parse(header.at)
  for (const op of ops) {
    index.table = withEntry(index.table, { ...op, commit: header.n, at })
    index.tableBytes += memoryOf(op)
    if (op.key === USAGE && op.json !== null) index.usage = JSON.parse(op.json) as Usage
  }
  index.head = header.n
  index.epoch = Math.max(index.epoch, header.epoch)
  index.at = Math.max(index.at, at)
  index.storedBytes += size
}

/** From now on all up to the checkpoint is read from it; the table keeps what came after. */
export const rootIn = (index: RecordIndex, { n, root }: Pick<Checkpoint, 'n' | 'root'>): void => {
  const after = [...entriesFrom(index.table, '', false)].filter(({ commit }) => commit > n)
  index.table = after.reduce(withEntry, null as Memtable)
  index.tableBytes = after.reduce((sum, entry) => sum + memoryOf(entry), 0)
  index.root = root
  index.rootedAt = n
}

/** Of an entry in the table besides its texts. */
const NODE_BYTES = 250
const memoryOf = ({ key, json }: { readonly key: string; readonly json: string | null }): number => NODE_BYTES + key.length + (json?.length ?? 0)
