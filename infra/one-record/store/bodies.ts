import { commitKey } from '../commit-key.ts'
import { Lru } from './lru.ts'
import type { ObjectStore } from './object-store.ts'
import type { Place } from './port.ts'

/** The bodies of one record, some of them in memory. */
export type Bodies = {
  /** Readers of one body share one request. @throws ObjectStoreError */
  read(place: Place): Promise<Buffer>
  keep(place: Place, body: Buffer): void
  busy(): boolean
}

export const bodiesOf = (store: Pick<ObjectStore, 'get'>, prefix: string, cacheBytes: number): Bodies => {
  const cache = new Lru<Buffer>(cacheBytes, ({ length }) => length)
  const reading = new Map<string, Promise<Buffer>>()
  const fetch = async (name: string, [commit, offset, bytes]: Place): Promise<Buffer> => {
    const body = bytes === 0 ? Buffer.alloc(0) : await store.get(commitKey(prefix, commit), { offset, bytes })
    if (body?.length !== bytes) throw new Error(`commit ${commit} does not have the ${bytes} bytes from ${offset} on`)
    cache.set(name, body)
    return body
  }
  return {
    read: async (place) => {
      const name = `${place[0]} ${place[1]}`
      const cached = cache.get(name)
      if (cached?.length === place[2]) return cached
      const started = reading.get(name) ?? fetch(name, place).finally(() => reading.delete(name))
      reading.set(name, started)
      return started
    },
    keep: ([commit, offset], body) => cache.set(`${commit} ${offset}`, body),
    busy: () => reading.size > 0,
  }
}
