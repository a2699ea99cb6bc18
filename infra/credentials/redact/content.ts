import { commitKey } from '../../one-record/commit-key.ts'
import { commitLog } from '../../one-record/store/log.ts'
import { objectStore } from '../../one-record/store/object-store.ts'
import { redactCommit } from '../../one-record/store/redact.ts'
import { lastCommit } from '../fence.ts'
import { mint } from '../mint.ts'
import type { RedactRequest, Redacted } from '../port.ts'
import type { Root } from '../root.ts'
import { clearOldIndex, newestIndex } from './index-remains.ts'
import { deleteObject, deleteOlder, overwrite, readObject } from './objects.ts'
import { supersededRows, type Superseded } from './superseded.ts'

/** Commits asked for at once. */
const AT_ONCE = 16

/**
 * Overwrites the content of one object that its slot has erased: in every commit, and in what older checkpoints left of the index; its
 * documents are deleted. Done again it finds nothing more to do. `waits`: the newest checkpoint was made before `commit`, so its pages
 * still hold content that is not there any more, and the slot has to write a newer one first.
 * @throws Error when the store does not answer
 */
export const redactContent = async ({ deploymentId, object, commit }: RedactRequest, root: Root): Promise<Redacted> => {
  const prefix = `${deploymentId}/`
  const store = objectStore(await mint(deploymentId, root))
  try {
    const index = await newestIndex(prefix, store)
    if (index && index.n < commit) return { state: 'waits', reason: `the index is of commit ${index.n}, the erasure of ${commit}` }
    const newest = await lastCommit(prefix, root)
    const rows = await rowsOf(object, newest, (n) => commitLog(store, prefix).read(n))
    let commits = 0
    for (const n of rows.commits()) if (n <= commit && (await redactOne(n, commitKey(prefix, n), rows, root))) commits += 1
    let objects = 0
    for (const file of rows.files()) objects += (await deleteObject(prefix + file, root)) ? 1 : 0
    if (index) objects += await clearOldIndex(prefix, index, root)
    return { state: 'done', commits, objects }
  } finally {
    store.closeSockets()
  }
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
const redactOne = async (n: number, key: string, rows: Superseded, root: Root): Promise<boolean> => {
  const bytes = await readObject(key, root)
  if (!bytes) return false
  const redacted = redactCommit(n, bytes, rows.redaction(n)).bytes
  if (!redacted.equals(bytes)) {
    await overwrite(key, redacted, root)
    return true
  }
  await deleteOlder(key, root)
  return false
}
