import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ObjectStore } from '../store/object-store.ts'

/**
 * An object store in memory, for tests of what is kept in one: its objects can be looked at, taken away and spoiled. `asked` counts
 * reads by key.
 */
export type MemoryStore = ObjectStore & { readonly objects: Map<string, Buffer>; readonly asked: string[] }

export const memoryStore = (): MemoryStore => {
  const objects = new Map<string, Buffer>()
  const asked: string[] = []
  const whole = (key: string): Buffer | null => {
    asked.push(key)
    return objects.get(key) ?? null
  }
  return {
    objects, asked,
    create: async (key, body) => {
      if (objects.has(key)) return 'exists'
      objects.set(key, Buffer.concat(body))
      return 'created'
    },
    get: async (key, range) => whole(key)?.subarray(range?.offset ?? 0, range && range.offset + range.bytes) ?? null,
    beginning: async (key, bytes) => {
      const found = whole(key)
      return found && { bytes: found.subarray(0, bytes), size: found.length }
    },
    end: async (key, bytes) => {
      const found = whole(key)
      return found && { bytes: found.subarray(Math.max(0, found.length - bytes)), size: found.length }
    },
    list: async (prefix, limit) => [...objects.keys()].filter((key) => key.startsWith(prefix)).toSorted().slice(0, limit),
    upload: async (key, stream) => void objects.set(key, await buffer(stream)),
    download: async (key, range) => {
      const found = whole(key)
      return found && { stream: Readable.from([found.subarray(range?.offset ?? 0, range && range.offset + range.bytes)]), size: found.length }
    },
    renew: () => {},
    closeSockets: () => {},
  }
}
