import { commitKey } from '../../one-record/commit-key.ts'
import { commitLog } from '../../one-record/store/log.ts'
import type { ObjectStore } from '../../one-record/store/object-store.ts'
import { redactCommit } from '../../one-record/store/redact.ts'
import type { Redacted } from '../port.ts'
import { clearOldIndex, newestIndex } from './index-remains.ts'
import { supersededRows, type Superseded } from './superseded.ts'

/** A store with the right to write over and to delete, which who serves a record does not have. All throw Error when it does not answer. */
export type RewritableStore = {
  /** Reads. */
  readonly store: ObjectStore
  /** Number of the newest commit, 0 when there is none. */
  lastCommit(prefix: string): Promise<number>
  /** All keys below a prefix that ends with a slash. */
  keysBelow(prefix: string): AsyncIterable<string>
  /** The object as it is now, past every cache; null when there is none. */
  read(key: string): Promise<Buffer | null>
  /** Writes it over, and leaves no version of it but that one. */
  overwrite(key: string, body: Buffer): Promise<void>
  /** Deletes all versions but the newest. Resolves to how many. */
  deleteOlder(key: string): Promise<number>
  /** With all its versions; false when there was none. */
  delete(key: string): Promise<boolean>
}

/** Commits asked for at once. */
const AT_ONCE = 16

/**
 * Overwrites the content of one object that its server has erased: in every commit, and in what older checkpoints left of the index;
 * its documents are deleted. Done again it finds nothing more to do. `waits`: the newest checkpoint was made before `commit`, so its
 * pages still hold content that is not there any more, and the server has to write a newer one first.
 * @throws Error when the store does not answer
 */
export const redact = async ({ prefix, object, commit }: { readonly prefix: string; readonly object: string; readonly commit: number }, on: RewritableStore): Promise<Redacted> => {
  const index = await newestIndex(prefix, on.store)
  if (index && index.n < commit) return { state: 'waits', reason: `the index is of commit ${index.n}, the erasure of ${commit}` }
  const newest = await on.lastCommit(prefix)
  const log = commitLog(on.store, prefix)
  const rows = await rowsOf(object, newest, (n) => log.read(n))
  let commits = 0
  for (const n of rows.commits()) if (n <= commit && (await redactOne(n, commitKey(prefix, n), rows, on))) commits += 1
  let objects = 0
  for (const file of rows.files()) objects += (await on.delete(prefix + file)) ? 1 : 0
  if (index) objects += await clearOldIndex(prefix, index, on)
  return { state: 'done', commits, objects }
}

const rowsOf = async (object: string, newest: number, read: (n: number) => ReturnType<ReturnType<typeof commitLog>['read']>): Promise<Superseded> => {
  const rows = supersededRows(object)
  for (let n = 1; n <= newest; n += AT_ONCE) {
    const commits = await Promise.all(Array.from({ length: Math.min(AT_ONCE, newest - n + 1) }, (_, step) => read(n + step)))
    for (const one of commits) if (one) rows.add(one.header.n, one.ops)
  }
  return rows
}

/** Whether there was anything to overwrite; the versions before are deleted in any case, for it may have ended between the two. */
const redactOne = async (n: number, key: string, rows: Superseded, on: RewritableStore): Promise<boolean> => {
  const bytes = await on.read(key)
  if (!bytes) return false
  const redacted = redactCommit(n, bytes, rows.redaction(n)).bytes
  if (!redacted.equals(bytes)) {
    await on.overwrite(key, redacted)
    return true
  }
  await on.deleteOlder(key)
  return false
}
