import type { StorageAccess } from '../../credentials/port.ts'
import { commitKey } from '../commit-key.ts'
import { attach } from './attach.ts'
import { commitLog } from './log.ts'
import { BodyCache } from './lru.ts'
import { objectStore, type ObjectStore } from './object-store.ts'
import type { OneRecord, Place, Transaction } from './port.ts'
import { addCommit, viewOf } from './record-index.ts'
import { readerOf } from './view.ts'
import { groupWriter } from './writer.ts'

/** The record of one claim, attached, with what only its keeper may do. */
export type AttachedRecord = OneRecord & {
  renew(storage: StorageAccess): void
  /** Closes all outgoing sockets when nothing is on its way; else says what is. */
  rest(): Promise<{ readonly busy: string | null }>
  readonly deposed: Promise<void>
}

/** `cacheBytes`: bodies kept in memory. `checkpointEvery`: commits until the next checkpoint. `answerWithinMs`: then a write gets 503. */
export type RecordOptions = { readonly cacheBytes: number; readonly checkpointEvery: number; readonly answerWithinMs: number; readonly openStore: (storage: StorageAccess) => ObjectStore }
const DEFAULTS: RecordOptions = { cacheBytes: 16 * 1024 * 1024, checkpointEvery: 128, answerWithinMs: 10_000, openStore: objectStore }

/**
 * Takes the record of the claim. `genesis` makes the first rows of a record that has none; `limit`: bytes that it may hold, and what hears
 * that something was refused for it.
 * @throws DeposedError, ObjectStoreError
 */
export const openRecord = async (
  { epoch, storage }: { readonly epoch: number; readonly storage: StorageAccess },
  { genesis, limit }: { readonly genesis: (transaction: Transaction) => Promise<void>; readonly limit: { readonly bytes: number; reached(): void } },
  given: Partial<RecordOptions> = {},
): Promise<AttachedRecord> => {
  const options = { ...DEFAULTS, ...given }
  const { prefix } = storage
  const store = options.openStore(storage)
  const log = commitLog(store, prefix)
  const cache = new BodyCache(options.cacheBytes)
  const reading = new Map<string, Promise<Buffer>>()

  const fetchBody = async (key: string, [commit, offset, bytes]: Place): Promise<Buffer> => {
    const body = await store.get(commitKey(prefix, commit), { offset, bytes })
    if (!body) throw new Error(`commit ${commit} is missing in the store`)
    cache.set(key, body)
    return body
  }
  const body = async (place: Place): Promise<Buffer> => {
    const key = `${place[0]}/${place[1]}`
    const cached = cache.get(key)
    if (cached) return cached
    const started = reading.get(key) ?? fetchBody(key, place).finally(() => reading.delete(key))
    reading.set(key, started)
    return started
  }

  const index = await attach({ log, epoch, genesis, body })
  const usage = () => ({ objects: index.usage.objects, bytes: index.storedBytes + index.usage.documentBytes })
  const writer = groupWriter({
    log, epoch, answerWithinMs: options.answerWithinMs, body,
    view: () => viewOf(index),
    at: () => index.at,
    room: () => limit.bytes - usage().bytes,
    full: limit.reached,
    took: async (commit, bodies) => {
      addCommit(index, commit)
      let offset = commit.size - commit.header.ops - commit.header.bodies
      for (const kept of bodies) {
        cache.set(`${commit.header.n}/${offset}`, kept)
        offset += kept.length
      }
    },
  })

  return {
    reader: () => readerOf(viewOf(index), body),
    write: writer.write,
    files: {
      upload: (name, stream, length) => store.upload(prefix + name, stream, length),
      download: (name, range) => store.download(prefix + name, range),
    },
    usage,
    renew: (access) => store.renew(access),
    rest: async () => {
      const busy = writer.busy() ? 'a commit is on its way' : reading.size > 0 ? 'an object is being read' : null
      if (busy === null) store.closeSockets()
      return { busy }
    },
    deposed: writer.deposed,
  }
}
