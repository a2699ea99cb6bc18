import { opendir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { bucketRights } from '../../credentials/redact/content.ts'
import type { RewritableStore } from '../../credentials/redact/redact.ts'
import { connectRoot } from '../../credentials/root.ts'
import { numberOfKey } from '../commit-key.ts'
import { objectStore, type ObjectStore } from '../store/object-store.ts'
import { directoryStore, PARTIAL } from './directory-store.ts'
import type { Store } from './options.ts'

/** What carries erasures out: alone, a server has the rights that the platform keeps to itself elsewhere. */
export const rightsOf = (store: Store): RewritableStore => {
  if (store.kind === 'folder') return folderRights(store.path, directoryStore(store.path))
  const { endpoint, region, bucket, accessKeyId: user, secretAccessKey: password, sessionToken } = store.access
  return bucketRights(objectStore(store.access), connectRoot({ endpoint, region, bucket, user, password, sessionToken }))
}

/** A folder keeps no versions: what is written over is gone as far as the file system is asked. */
const folderRights = (folder: string, store: ObjectStore): RewritableStore => {
  const pathOf = (key: string) => join(folder, key)
  const keysBelow = async function* (prefix: string): AsyncGenerator<string> {
    const entries = await opendir(pathOf(prefix)).catch(nullWhenMissing)
    for await (const { name } of entries ?? []) if (!name.endsWith(PARTIAL)) yield prefix + name
  }
  return {
    store,
    keysBelow,
    lastCommit: async (prefix) => {
      let last = 0
      for await (const key of keysBelow(`${prefix}commits/`)) last = Math.max(last, numberOfKey(key) ?? 0)
      return last
    },
    read: (key) => store.get(key),
    overwrite: (key, body) => store.upload(key, Readable.from([body]), body.length),
    deleteOlder: async () => 0,
    delete: (key) => rm(pathOf(key)).then(() => true, (error: unknown) => nullWhenMissing(error) ?? false),
  }
}

const nullWhenMissing = (error: unknown): null => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
