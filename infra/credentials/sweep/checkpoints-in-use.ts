import { checkpointNumber, checkpointsPrefix } from '../../one-record/commit-key.ts'
import { readCheckpoint, type Checkpoint } from '../../one-record/store/checkpoint.ts'
import type { ObjectStore } from '../../one-record/store/object-store.ts'
import type { Pages } from '../../one-record/store/pages.ts'
import type { Stored } from './stored.ts'
import { UnsureError } from './unsure.ts'

/** A checkpoint that somebody may read. `object`: its key below the record's prefix. */
export type InUse = { readonly object: string; readonly checkpoint: Checkpoint }

export type CheckpointsInUse = {
  /** The two newest: the next claim begins with one of them, and whoever serves now has one of them. */
  readonly lasting: readonly InUse[]
  /** Those that were the newest at the horizon: whoever began to read since then, a backup too, may still do so. */
  readonly passing: readonly InUse[]
  /** Whether one was made since the horizon: then those that pass do so with time alone. */
  readonly isFresh: boolean
}

/** How many of the newest stay for good: a slot that was deposed may have written one over that of its successor. */
const LASTING = 2

/**
 * Which checkpoints of a record must stay readable. What was made since `horizon` (milliseconds) stays anyway, so of the time since
 * then only that counts which was the newest when it began: all between refer to its pages and to new ones.
 * @throws UnsureError when the newest cannot be read
 */
export const checkpointsInUse = async (prefix: string, horizon: number, on: { readonly store: ObjectStore; readonly pages: Pages; below(prefix: string): AsyncIterable<Stored> }): Promise<CheckpointsInUse> => {
  const newest: Stored[] = []
  const old: Stored[] = []
  let last: Stored | null = null
  let isFresh = false
  for await (const one of on.below(checkpointsPrefix(prefix))) {
    if (!one.isLatest || one.isMarker || checkpointNumber(one.key) === null) continue
    if (newest.length < LASTING) newest.push(one)
    if (one.modifiedAt >= horizon) {
      isFresh = true
      continue
    }
    if (old.length < LASTING) old.push(one)
    // an index that was made again from the log may have one of a lower number
    if (one.modifiedAt > (last?.modifiedAt ?? -Infinity)) last = one
  }
  const read = async (found: readonly Stored[]): Promise<readonly InUse[]> => {
    const inUse: InUse[] = []
    for (const one of found) {
      const checkpoint = await readCheckpoint(one.key, { ...on, prefix })
      if (checkpoint) inUse.push({ object: one.key.slice(prefix.length), checkpoint })
      else if (one === newest[0]) throw new UnsureError(`the newest checkpoint, ${one.key}, cannot be read`)
    }
    return inUse
  }
  return { lasting: await read(newest), passing: await read(last ? [...old, last] : old), isFresh }
}
