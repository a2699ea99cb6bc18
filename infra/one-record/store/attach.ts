import { DeposedError } from './deposed.ts'
import { checkFence, type CommitLog, type StoredCommit } from './log.ts'
import type { Place, Transaction } from './port.ts'
import { addCommit, emptyIndex, viewOf, type RecordIndex } from './record-index.ts'
import { openStage } from './transaction.ts'

/** Commits asked for at once when the tail is read: none is wasted on a fresh record, and a long tail takes few round trips. */
const WIDTHS = [4, 16, 64] as const
const FENCE_ATTEMPTS_MS = 10_000
const UNLIMITED = { room: () => Infinity, full: () => {} }

/**
 * Takes the record for `epoch`: reads the commits, then commits a fence. `genesis` makes the first rows of a record that has none.
 * @throws DeposedError, ObjectStoreError
 */
export const attach = async (
  { log, epoch, genesis, body }: {
    readonly log: CommitLog; readonly epoch: number
    readonly genesis: (transaction: Transaction) => Promise<void>; readonly body: (place: Place) => Promise<Buffer>
  },
): Promise<RecordIndex> => {
  const index = emptyIndex()
  const take = (commit: StoredCommit): void => {
    checkFence(commit.header, epoch)
    addCommit(index, commit)
  }
  let found: readonly (StoredCommit | null)[] = [await log.read(1)]
  for (let round = 0; ; round += 1) {
    const end = found.indexOf(null)
    for (const commit of end < 0 ? found : found.slice(0, end)) if (commit) take(commit)
    if (end >= 0) break
    const width = WIDTHS[Math.min(round, WIDTHS.length - 1)] ?? 1
    found = await Promise.all(Array.from({ length: width }, (_, step) => log.read(index.head + 1 + step)))
  }

  const until = Date.now() + FENCE_ATTEMPTS_MS
  for (;;) {
    const at = new Date(Math.max(Date.now(), index.at))
    const stage = openStage(viewOf(index), body, at, UNLIMITED)
    if (!index.table) await stage.run(genesis)
    const fence = await log.append(index.head + 1, { kind: 'fence', epoch, at: at.toISOString(), ops: stage.ops, bodies: stage.bodies }, (error) => {
      if (Date.now() > until) throw error
    })
    if (fence) {
      take(fence)
      return index
    }
    // the owner before us committed meanwhile: that counts, and ours comes after it
    const other = await log.read(index.head + 1)
    if (other) take(other)
    if (index.epoch > epoch) throw new DeposedError(`the record is at epoch ${index.epoch}; this claim's is ${epoch}`)
  }
}
