import type { CommitLog, StoredCommit } from './log.ts'
import type { RecordIndex } from './record-index.ts'

/** Commits asked for at once: none is wasted at the end of a short tail, and a long one takes few round trips. */
const WIDTHS = [4, 16] as const

/**
 * Gives `take` every commit after the index's head, in order, until there is none. `take` moves the head. `ahead`: the first ones,
 * which were read already. @throws ObjectStoreError, and what `take` throws
 */
export const replay = async (log: Pick<CommitLog, 'read'>, index: Pick<RecordIndex, 'head'>, take: (commit: StoredCommit) => Promise<void>, ahead: readonly (StoredCommit | null)[] = []): Promise<void> => {
  let found = ahead
  for (let round = 0; ; round += 1) {
    for (const commit of found) {
      if (!commit) return
      await take(commit)
    }
    const width = WIDTHS[Math.min(round, WIDTHS.length - 1)] ?? 1
    found = await Promise.all(Array.from({ length: width }, (_, step) => log.read(index.head + 1 + step)))
  }
}
