import { objectStore } from '../../one-record/store/object-store.ts'
import { lastCommit } from '../fence.ts'
import { mint } from '../mint.ts'
import type { RedactRequest, Redacted } from '../port.ts'
import type { Root } from '../root.ts'
import { deleteObject, deleteOlder, keysBelow, overwrite, readObject } from './objects.ts'
import { redact, type RewritableStore } from './redact.ts'

/** Overwrites the content of one object that its slot has erased (redact.ts). @throws Error when the store does not answer */
export const redactContent = async ({ deploymentId, object, commit }: RedactRequest, root: Root): Promise<Redacted> => {
  const store = objectStore(await mint(deploymentId, root))
  try {
    return await redact({ prefix: `${deploymentId}/`, object, commit }, bucketRights(store, root))
  } finally {
    store.closeSockets()
  }
}

/** What may be done to a record with the rights of `root`. @param store reads it */
export const bucketRights = (store: RewritableStore['store'], root: Root): RewritableStore => ({
  store,
  lastCommit: (prefix) => lastCommit(prefix, root),
  keysBelow: (prefix) => keysBelow(prefix, root),
  read: (key) => readObject(key, root),
  overwrite: (key, body) => overwrite(key, body, root),
  deleteOlder: (key) => deleteOlder(key, root),
  delete: (key) => deleteObject(key, root),
})
