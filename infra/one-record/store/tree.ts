import type { Entry } from './memtable.ts'
import { childAt, childFor, entryAt, firstFrom, type PageRef } from './page.ts'
import type { Pages } from './pages.ts'
import type { Tree } from './view.ts'

/** The root of the index as one checkpoint left it. `level`: how many pages are above an entry's own; 0 is a leaf. */
export type Root = { readonly level: number; readonly ref: PageRef }

/** Reads the tree below a root, which never changes. @param root null: nothing is in it */
export const treeBelow = (root: Root | null, pages: Pick<Pages, 'read'>): Tree => ({
  get: async (key) => {
    if (!root) return undefined
    let page = await pages.read(root.ref)
    for (let { level } = root; level > 0; level -= 1) page = await pages.read(childAt(page, childFor(page, key)))
    const index = firstFrom(page, key)
    return page.keys[index] === key ? entryAt(page, index) : undefined
  },
  async *runsFrom(bound, reverse) {
    if (root) yield* runs(root, bound, reverse, pages)
  },
})

async function* runs({ level, ref }: Root, bound: string, reverse: boolean, pages: Pick<Pages, 'read'>): AsyncGenerator<readonly Entry[], void> {
  const page = await pages.read(ref)
  if (level === 0) {
    const from = firstFrom(page, bound)
    // in reverse what has the bound as its key counts too
    const indexes = reverse ? [...page.keys.keys()].slice(0, page.keys[from] === bound ? from + 1 : from).toReversed() : [...page.keys.keys()].slice(from)
    yield indexes.map((index) => entryAt(page, index))
    return
  }
  const step = reverse ? -1 : 1
  for (let index = childFor(page, bound); index >= 0 && index < page.keys.length; index += step) {
    yield* runs({ level: level - 1, ref: childAt(page, index) }, bound, reverse, pages)
  }
}
