import { checkpointNumber, checkpointsPrefix } from '../../one-record/commit-key.ts'
import { readCheckpoint } from '../../one-record/store/checkpoint.ts'
import type { ObjectStore } from '../../one-record/store/object-store.ts'
import { childAt, type PageRef } from '../../one-record/store/page.ts'
import { pagesOf, type Pages } from '../../one-record/store/pages.ts'
import type { Root as Tree } from '../../one-record/store/tree.ts'
import type { RewritableStore } from './redact.ts'

/** Of the branches of the index, while they are read. */
const CACHE_BYTES = 1024 * 1024

export type NewestIndex = { readonly key: string; readonly n: number; readonly tree: Tree | null; readonly pages: Pages }

/** The newest checkpoint of a record; null when it has none. @throws Error when that cannot be read */
export const newestIndex = async (prefix: string, store: ObjectStore): Promise<NewestIndex | null> => {
  const [key] = await store.list(checkpointsPrefix(prefix), 1)
  if (key === undefined) return null
  const pages = pagesOf(store, prefix, CACHE_BYTES)
  const checkpoint = await readCheckpoint(key, { store, prefix, pages })
  if (!checkpoint) throw new Error(`the checkpoint ${key} cannot be read`)
  return { key, n: checkpoint.n, tree: checkpoint.root, pages }
}

/**
 * Takes away what older checkpoints left behind: an object that the newest refers to nowhere is deleted, in any other what it does not
 * refer to is overwritten with spaces. Slots that serve go on: theirs is the newest, or one that came after it. Resolves to how many
 * objects were deleted.
 */
export const clearOldIndex = async (prefix: string, { key: newest, n, tree, pages }: NewestIndex, on: RewritableStore): Promise<number> => {
  const live = new Map<string, PageRef[]>()
  if (tree) await collect(tree, pages, live)
  let deleted = 0
  for (const folder of ['checkpoints/', 'pages/']) {
    for await (const key of on.keysBelow(prefix + folder)) {
      const of = checkpointNumber(key) ?? Number(/\/pages\/(\d{12})-/.exec(key)?.[1] ?? Infinity)
      if (key === newest || of > n) continue // what the slot writes meanwhile
      const kept = live.get(key.slice(prefix.length))
      if (!kept) deleted += (await on.delete(key)) ? 1 : 0
      else await keepOnly(key, kept, on)
    }
  }
  return deleted
}

/** All pages below a root, by the object that they lie in. Leaves are not read: their parents say where they are. */
const collect = async ({ level, ref }: Tree, pages: Pages, live: Map<string, PageRef[]>): Promise<void> => {
  live.set(ref.object, [...(live.get(ref.object) ?? []), ref])
  if (level === 0) return
  const page = await pages.read(ref)
  for (let index = 0; index < page.keys.length; index += 1) await collect({ level: level - 1, ref: childAt(page, index) }, pages, live)
}

const keepOnly = async (key: string, kept: readonly PageRef[], on: RewritableStore): Promise<void> => {
  const bytes = await on.read(key)
  if (!bytes) return
  const cleared = Buffer.alloc(bytes.length, ' ')
  for (const { offset, bytes: length } of kept) bytes.copy(cleared, offset, offset, offset + length)
  if (cleared.equals(bytes)) await on.deleteOlder(key)
  else await on.overwrite(key, cleared)
}
