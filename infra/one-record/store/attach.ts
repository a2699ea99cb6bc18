import { checkpointKey, checkpointNumber, checkpointsPrefix } from '../commit-key.ts'
import type { Draft } from './commit.ts'
import { DeposedError } from './deposed.ts'
import { checkFence, type CommitLog, type StoredCommit } from './log.ts'
import type { ObjectStore } from './object-store.ts'
import { addCommit, decodeCheckpoint, emptyIndex, type RecordIndex } from './record-index.ts'

/** Commits asked for at once when the tail is read: none is wasted on a fresh record, and a long tail takes few round trips. */
const WIDTHS = [4, 16, 64] as const
const FENCE_ATTEMPTS_MS = 10_000

type Attachment = { readonly index: RecordIndex; readonly checkpoint: number }

/**
 * Takes the record for `epoch`: reads the newest checkpoint and the commits after it, then commits a fence. A fresh record costs
 * two round trips; none depends on how long the log is. `genesis` makes the first commit's entries, of a record that has none.
 * `onCommit` sees every commit that was read or made. @throws DeposedError, ObjectStoreError
 */
export const attach = async (
  { store, log, prefix, epoch, genesis, onCommit }: {
    readonly store: ObjectStore; readonly log: CommitLog; readonly prefix: string; readonly epoch: number
    readonly genesis: (at: Date) => readonly Draft[]; readonly onCommit: (commit: StoredCommit) => void
  },
): Promise<Attachment> => {
  const [newest, first] = await Promise.all([store.list(checkpointsPrefix(prefix), 1), log.read(1)])
  const { index, readAhead } = await newestCheckpoint(newest[0], store, log, prefix)
  const checkpoint = index.head

  const take = (commit: StoredCommit): void => {
    checkFence(commit.header, epoch)
    addCommit(index, commit.header, commit.placed)
    onCommit(commit)
  }
  if (index.epoch > epoch) throw new DeposedError(`the record is at epoch ${index.epoch}; this claim's is ${epoch}`)

  let found: readonly (StoredCommit | null)[] = index.head === 0 ? [first] : readAhead
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
    const fence = await log.append(index.head + 1, { kind: 'fence', epoch, at: at.toISOString(), drafts: index.head === 0 ? genesis(at) : [] }, (error) => {
      if (Date.now() > until) throw error
    })
    if (fence) {
      take(fence)
      return { index, checkpoint }
    }
    // the owner before us committed meanwhile: that counts, and ours comes after it
    const other = await log.read(index.head + 1)
    if (other) take(other)
  }
}

/** The index of the checkpoint and the commits just after it, read together; an unreadable one costs reading the log from its start. */
const newestCheckpoint = async (key: string | undefined, store: ObjectStore, log: CommitLog, prefix: string): Promise<{ index: RecordIndex; readAhead: readonly (StoredCommit | null)[] }> => {
  const n = key === undefined ? null : checkpointNumber(key)
  if (n === null) return { index: emptyIndex(), readAhead: [] }
  const [bytes, ...readAhead] = await Promise.all([store.get(checkpointKey(prefix, n)), log.read(n + 1), log.read(n + 2)])
  const index = bytes && decodeOrNull(bytes)
  return index?.head === n ? { index, readAhead } : { index: emptyIndex(), readAhead: [] }
}

const decodeOrNull = (bytes: Buffer): RecordIndex | null => {
  try {
    return decodeCheckpoint(bytes)
  } catch {
    // derived data: the log has it all
    return null
  }
}
