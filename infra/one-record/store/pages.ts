import { Lru } from './lru.ts'
import type { ObjectStore } from './object-store.ts'
import { decodePage, LostPageError, type Page, type PageRef } from './page.ts'

/** The pages of one record's index, some of them in memory. */
export type Pages = {
  /** Readers of one page share one request. @throws LostPageError, ObjectStoreError */
  read(ref: PageRef): Promise<Page>
  /** A page that was just written, its bytes as they are in the store. */
  keep(ref: PageRef, bytes: Buffer): void
  /** The last bytes of an object, from `offset` on, which were read anyway: its pages there need no request of their own. */
  keepEnd(object: string, offset: number, bytes: Buffer): void
  /** True while a page is being read. */
  busy(): boolean
}

/** A page takes about so many bytes of memory for each of its own. */
const WEIGHT = 3

export const pagesOf = (store: Pick<ObjectStore, 'get'>, prefix: string, cacheBytes: number): Pages => {
  const cache = new Lru<Page>(cacheBytes, ({ bytes }) => WEIGHT * bytes)
  const reading = new Map<string, Promise<Page>>()
  let end: { readonly object: string; readonly offset: number; readonly bytes: Buffer } | null = null

  const fetch = async (key: string, ref: PageRef): Promise<Page> => {
    const near = end !== null && ref.object === end.object && ref.offset >= end.offset
    const bytes = near && end ? end.bytes.subarray(ref.offset - end.offset, ref.offset - end.offset + ref.bytes) : await store.get(prefix + ref.object, ref)
    if (!bytes) throw new LostPageError(`${ref.object} is missing in the store`)
    const page = decodePage(bytes, ref)
    cache.set(key, page)
    return page
  }
  return {
    read: async (ref) => {
      const key = `${ref.object} ${ref.offset}`
      const cached = cache.get(key)
      if (cached) return cached
      const started = reading.get(key) ?? fetch(key, ref).finally(() => reading.delete(key))
      reading.set(key, started)
      return started
    },
    keep: (ref, bytes) => cache.set(`${ref.object} ${ref.offset}`, decodePage(bytes, ref)),
    keepEnd: (object, offset, bytes) => { end = { object, offset, bytes } },
    busy: () => reading.size > 0,
  }
}
