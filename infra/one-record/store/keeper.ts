import { LostPageError } from './page.ts'
import type { CommitLog } from './log.ts'
import { writeCheckpoint, type CheckpointPlace } from './checkpoint.ts'
import { addCommit, indexFrom, rootIn, type RecordIndex } from './record-index.ts'

/** Keeps an index small in memory by checkpoints, and makes it again from the log when a page of it is lost. */
export type Keeper = {
  /** Writes a checkpoint when the index has so many commits, or so much, that is in none. Resolves when that, or one that is under way, is done, whatever became of it. */
  checkpoint(index: RecordIndex, when: When): Promise<void>
  /** The same, of all that there is when it is called: one that is under way holds less. */
  checkpointNow(index: RecordIndex, when: When): Promise<void>
  /** Makes the index again from the log; once, however many ask. */
  repair(index: RecordIndex): Promise<void>
  busy(): string | null
}
export type When = { readonly commits: number; readonly bytes: number }

const AT_ONCE = 16

export const keeperOf = (log: Pick<CommitLog, 'read'>, where: CheckpointPlace, each: When, complain: (error: unknown) => void): Keeper => {
  let writing: Promise<void> | null = null
  let repairing: Promise<void> | null = null

  const write = async (index: RecordIndex): Promise<void> => {
    const { root, table, head, epoch, at, storedBytes, usage } = index
    const checkpoint = await writeCheckpoint(root, table, { n: head, epoch, at, storedBytes, usage }, where)
    // made again meanwhile: then this one holds what was lost
    if (index.root === root) rootIn(index, checkpoint)
  }
  const isDue = ({ head, rootedAt, tableBytes }: RecordIndex, { commits, bytes }: When): boolean => head - rootedAt >= commits || tableBytes >= bytes

  /** As many commits as the index has by then, and not one more: what comes after may be another claim's. */
  const remake = async (index: RecordIndex): Promise<void> => {
    const fresh = indexFrom(null)
    while (fresh.head < index.head) {
      const found = await Promise.all(Array.from({ length: Math.min(AT_ONCE, index.head - fresh.head) }, (_, step) => log.read(fresh.head + 1 + step)))
      for (const commit of found) {
        if (!commit) throw new Error(`commit ${fresh.head + 1} is missing in the store`)
        addCommit(fresh, commit)
        if (isDue(fresh, each)) await write(fresh)
      }
    }
    const { root, rootedAt, table, tableBytes } = fresh
    Object.assign(index, { root, rootedAt, table, tableBytes })
  }
  const repair = (index: RecordIndex): Promise<void> => (repairing ??= remake(index).catch(complain).finally(() => { repairing = null }))

  const checkpoint: Keeper['checkpoint'] = async (index, when) => {
    if (!writing && isDue(index, when)) {
      writing = write(index).catch(async (error: unknown) => {
        // derived data: the log has it all, and the next is tried with the next commit
        complain(error)
        if (error instanceof LostPageError) await repair(index)
      }).finally(() => { writing = null })
    }
    await writing
  }
  return {
    checkpoint,
    checkpointNow: async (index, when) => {
      await writing
      await checkpoint(index, when)
    },
    repair,
    busy: () => (repairing ? 'the index is being made again' : writing ? 'a checkpoint is being written' : null),
  }
}
