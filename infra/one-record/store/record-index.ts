import type { CommitHeader } from './commit.ts'
import type { StoredCommit } from './log.ts'
import { withEntry, type Memtable } from './memtable.ts'
import { NO_USAGE, USAGE, type Usage } from './usage.ts'
import type { Tree, View } from './view.ts'

/** What all commits up to `head` derive to. The newest entries are in `table`, all others in `tree`; bodies stay in the store. */
export type RecordIndex = {
  head: number
  /** Highest epoch in the log. */
  epoch: number
  /** Time of the newest commit in milliseconds; the log's time never goes back. */
  at: number
  /** Bytes of all commits. */
  storedBytes: number
  usage: Usage
  tree: Tree
  table: Memtable
}

const NO_TREE: Tree = {
  get: async () => undefined,
  async *runsFrom() { /* nothing */ },
}

export const emptyIndex = (): RecordIndex => ({ head: 0, epoch: 0, at: 0, storedBytes: 0, usage: NO_USAGE, tree: NO_TREE, table: null })

export const viewOf = ({ head, tree, table }: RecordIndex): View => ({ head, tree, table })

/** Takes the next commit in. @throws Error when it is not the next */
export const addCommit = (index: RecordIndex, { header, ops, size }: StoredCommit): void => {
  if (header.n !== index.head + 1) throw new Error(`commit ${header.n} cannot follow commit ${index.head}`)
  const at = timeOf(header)
  for (const op of ops) {
    index.table = withEntry(index.table, { ...op, commit: header.n, at })
    if (op.key === USAGE && op.json !== null) index.usage = JSON.parse(op.json) as Usage
  }
  index.head = header.n
  index.epoch = Math.max(index.epoch, header.epoch)
  index.at = Math.max(index.at, at)
  index.storedBytes += size
}

const timeOf = ({ at }: CommitHeader): number => Date.parse(at)
