import { checkpointNumber, checkpointsPrefix } from '../commit-key.ts'
import { readCheckpoint } from './checkpoint.ts'
import { DeposedError } from './deposed.ts'
import { checkFence, type CommitLog, type StoredCommit } from './log.ts'
import type { ObjectStore } from './object-store.ts'
import type { Pages } from './pages.ts'
import type { Place, Transaction } from './port.ts'
import { addCommit, indexFrom, isEmpty, viewOf, type RecordIndex } from './record-index.ts'
import { replay } from './replay.ts'
import { openStage } from './transaction.ts'

const FENCE_ATTEMPTS_MS = 10_000
const UNLIMITED = { room: () => Infinity, full: () => {} }
/** Of checkpoints that cannot be read so many are passed over before the log is read from its start. */
const CHECKPOINTS = 4
/** Commits read together with the checkpoint before them: one more than a record falls asleep with (record.ts). */
const READ_AHEAD = 3

export type Attaching = {
  readonly store: ObjectStore; readonly log: CommitLog; readonly pages: Pages; readonly prefix: string; readonly epoch: number
  /** Makes the first rows of a record that has none. */
  readonly genesis: (transaction: Transaction) => Promise<void>
  readonly body: (place: Place) => Promise<Buffer>
  /** Puts what the index holds in memory into a checkpoint when it is much. */
  readonly relieve: (index: RecordIndex) => Promise<void>
}

/**
 * Takes the record for `epoch`: reads the newest checkpoint and the commits after it, then commits a fence. A fresh record costs
 * two round trips; none depends on how long the log is or how much it holds. @throws DeposedError, ObjectStoreError
 */
export const attach = async ({ store, log, pages, prefix, epoch, genesis, body, relieve }: Attaching): Promise<RecordIndex> => {
  const [newest, first] = await Promise.all([store.list(checkpointsPrefix(prefix), CHECKPOINTS), log.read(1)])
  const { index, ahead } = await newestCheckpoint(newest, { store, log, pages, prefix, first })
  if (index.epoch > epoch) throw new DeposedError(`the record is at epoch ${index.epoch}; this claim's is ${epoch}`)
  const take = async (commit: StoredCommit): Promise<void> => {
    checkFence(commit.header, epoch)
    addCommit(index, commit)
    await relieve(index)
  }
  await replay(log, index, take, ahead)

  const until = Date.now() + FENCE_ATTEMPTS_MS
  for (;;) {
    const at = new Date(Math.max(Date.now(), index.at))
    const stage = openStage(viewOf(index, pages), body, at, UNLIMITED)
    if (isEmpty(index)) await stage.run(genesis)
    const fence = await log.append(index.head + 1, { kind: 'fence', epoch, at: at.toISOString(), ops: stage.ops, bodies: stage.bodies }, (error) => {
      if (Date.now() > until) throw error
    })
    if (fence) {
      await take(fence)
      return index
    }
    // the owner before us committed meanwhile: that counts, and ours comes after it
    await replay(log, index, take)
  }
}

/** The index of the newest checkpoint that can be read, and the commits after it, read together. */
const newestCheckpoint = async (
  keys: readonly string[], { log, first, ...where }: Pick<Attaching, 'store' | 'log' | 'pages' | 'prefix'> & { readonly first: StoredCommit | null },
): Promise<{ readonly index: RecordIndex; readonly ahead: readonly (StoredCommit | null)[] }> => {
  for (const key of keys) {
    const n = checkpointNumber(key)
    if (n === null) continue
    const [checkpoint, ...ahead] = await Promise.all([readCheckpoint(key, where), ...Array.from({ length: READ_AHEAD }, (_, step) => log.read(n + 1 + step))])
    // derived data: the log has it all
    if (checkpoint) return { index: indexFrom(checkpoint), ahead }
  }
  return { index: indexFrom(null), ahead: [first] }
}
