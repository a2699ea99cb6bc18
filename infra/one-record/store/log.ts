import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { commitKey } from '../commit-key.ts'
import { decodeCommit, encodeCommit, type CommitHeader, type Draft } from './commit.ts'
import { DeposedError } from './deposed.ts'
import { hasNoRoom, type ObjectStore } from './object-store.ts'

/** A commit as it lies in the store. */
export type StoredCommit = ReturnType<typeof decodeCommit> & { readonly bytes: Buffer }

/** The log of one record as seen by one claim. */
export type CommitLog = {
  /** Commit `n`, null when it is not there yet. */
  read(n: number): Promise<StoredCommit | null>
  /**
   * Puts our commit at place `n`, exactly once: an unknown outcome is asked for again, for ever. Resolves when it is durable.
   * `onRetry` hears of every failed attempt. Null: another commit is at that place.
   * @throws ObjectStoreError 507 when the store has no room for it, and surely has not got it
   */
  append(n: number, commit: OurCommit, onRetry?: (error: unknown) => void): Promise<StoredCommit | null>
}
export type OurCommit = Pick<CommitHeader, 'kind' | 'epoch' | 'at'> & { readonly drafts: readonly Draft[] }

const RETRY = { firstMs: 20, mostMs: 1_000 }

export const commitLog = (store: ObjectStore, prefix: string): CommitLog => {
  const read = async (n: number): Promise<StoredCommit | null> => {
    const bytes = await store.get(commitKey(prefix, n))
    return bytes && { ...decodeCommit(n, bytes), bytes }
  }

  const append: CommitLog['append'] = async (n, { drafts, ...ours }, onRetry) => {
    const bytes = encodeCommit({ ...ours, commitId: randomUUID() }, drafts)
    let known = true // that it was not written
    for (let wait = RETRY.firstMs; ; wait = Math.min(2 * wait, RETRY.mostMs)) {
      try {
        if ((await store.create(commitKey(prefix, n), bytes)) === 'created') return { ...decodeCommit(n, bytes), bytes }
        // an attempt whose answer was lost may have made it
        const there = await store.get(commitKey(prefix, n))
        if (there) return there.equals(bytes) ? { ...decodeCommit(n, bytes), bytes } : null
      } catch (error) {
        if (known && hasNoRoom(error)) throw error
        known = false
        onRetry?.(error)
      }
      await sleep(wait)
    }
  }
  return { read, append }
}

/** @throws DeposedError when the claim's epoch may not follow this commit */
export const checkFence = ({ kind, epoch, n }: CommitHeader, ours: number): void => {
  if (kind === 'tombstone') throw new DeposedError(`commit ${n} says that the record is retired`)
  if (epoch > ours) throw new DeposedError(`commit ${n} is of epoch ${epoch}; this claim's is ${ours}`)
}
