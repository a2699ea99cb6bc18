import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { commitKey } from '../commit-key.ts'
import { commitChunks, decodeCommit, decodeHeader, decodeOps, type CommitHeader, type Op } from './commit.ts'
import { DeposedError } from './deposed.ts'
import { hasNoRoom, type ObjectStore } from './object-store.ts'

/** What a commit does, without its bodies. `size`: bytes of its object. */
export type StoredCommit = { readonly header: CommitHeader; readonly ops: readonly Op[]; readonly size: number }

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
export type OurCommit = Pick<CommitHeader, 'kind' | 'epoch' | 'at'> & { readonly ops: readonly Op[]; readonly bodies: readonly Buffer[] }

const RETRY = { firstMs: 20, mostMs: 1_000 }

/** Read at first of a commit: most are no longer; of one that is, the bodies between are not read. */
const BEGINNING = 64 * 1024

export const commitLog = (store: Pick<ObjectStore, 'create' | 'get' | 'beginning'>, prefix: string): CommitLog => {
  const read = async (n: number): Promise<StoredCommit | null> => {
    const key = commitKey(prefix, n)
    const found = await store.beginning(key, BEGINNING)
    if (!found) return null
    if (found.bytes.length === found.size) return { ...decodeCommit(n, found.bytes), size: found.size }
    const { header, opsFrom, size } = decodeHeader(n, found.bytes)
    if (size !== found.size) throw new Error(`commit ${n} is not as long as its header says`)
    const ops = header.ops === 0 ? Buffer.alloc(0) : await store.get(key, { offset: opsFrom, bytes: header.ops })
    if (!ops) throw new Error(`commit ${n} was there and is gone`)
    return { header, ops: decodeOps(ops), size }
  }

  const append: CommitLog['append'] = async (n, { ops, bodies, ...ours }, onRetry) => {
    const commitId = randomUUID()
    const chunks = commitChunks({ ...ours, commitId }, ops, bodies)
    const [first = Buffer.alloc(0)] = chunks
    const { header, size } = decodeHeader(n, first)
    const made: StoredCommit = { header, ops, size }
    let known = true // that it was not written
    for (let wait = RETRY.firstMs; ; wait = Math.min(2 * wait, RETRY.mostMs)) {
      try {
        if ((await store.create(commitKey(prefix, n), chunks)) === 'created') return made
        // an attempt whose answer was lost may have made it
        const there = await store.beginning(commitKey(prefix, n), first.length)
        if (there) return decodeHeader(n, there.bytes).header.commitId === commitId ? made : null
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
