import type { StorageAccess } from '../../credentials/port.ts'
import { checkpointKey, commitKey } from '../commit-key.ts'
import { attach } from './attach.ts'
import type { Draft } from './commit.ts'
import { commitLog, type StoredCommit } from './log.ts'
import { BodyCache } from './lru.ts'
import { objectStore } from './object-store.ts'
import { encodeCheckpoint, type ObjectRecord, type Place, type RecordIndex, type RequestRecord } from './record-index.ts'
import type { Transaction } from './transaction.ts'
import { groupWriter } from './writer.ts'

/** The record of one claim, attached. */
export type AttachedRecord = {
  object(id: string): ObjectRecord | undefined
  request(id: string): RequestRecord | undefined
  body(place: Place): Promise<Buffer>
  /**
   * Runs `change` in the next commit, after all others that wait; resolves when that commit is durable.
   * @throws what `change` throws, ApiError 503 when deposed or the outcome stays unknown
   */
  write<T>(change: (transaction: Transaction) => Promise<T>): Promise<T>
  renew(storage: StorageAccess): void
  /** Closes all outgoing sockets when nothing is on its way; else says what is. A long tail of the log is put into a checkpoint. */
  rest(): Promise<{ readonly busy: string | null }>
  readonly deposed: Promise<void>
}

/** `cacheBytes`: bodies kept in memory. `checkpointEvery`: commits until the next checkpoint. `answerWithinMs`: then a write gets 503. */
export type RecordOptions = { readonly cacheBytes: number; readonly checkpointEvery: number; readonly answerWithinMs: number }
const DEFAULTS: RecordOptions = { cacheBytes: 16 * 1024 * 1024, checkpointEvery: 128, answerWithinMs: 10_000 }

/**
 * Commits after the newest checkpoint that a record falls asleep with at most: its wake reads them. Of a small record a
 * checkpoint costs next to nothing, so that its wake finds all in what it asks for first (attach.ts).
 */
const tailAtRest = ({ objects, requests }: RecordIndex): number => (objects.size + requests.size <= SMALL ? 2 : 16)
const SMALL = 500

/**
 * Takes the record of the claim. `genesis` makes the first entries of a record that has none.
 * @throws DeposedError, ObjectStoreError
 */
export const openRecord = async (
  { epoch, storage }: { readonly epoch: number; readonly storage: StorageAccess },
  genesis: (at: Date) => readonly Draft[],
  given: Partial<RecordOptions> = {},
): Promise<AttachedRecord> => {
  const options = { ...DEFAULTS, ...given }
  const { prefix } = storage
  const store = objectStore(storage)
  const log = commitLog(store, prefix)
  const cache = new BodyCache(options.cacheBytes)
  const reading = new Map<string, Promise<Buffer>>()

  const keep = ({ header, placed, bytes }: StoredCommit): void => {
    // copies: a slice would keep the whole commit in memory
    for (const { entry, offset } of placed) cache.set(`${header.n}/${offset}`, Buffer.from(bytes.subarray(offset, offset + entry.bytes)))
  }
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

  const { index, checkpoint } = await attach({ store, log, prefix, epoch, genesis, onCommit: keep })
  const checkpoints: { newest: number; writing: Promise<void> | null } = { newest: checkpoint, writing: null }
  const writeCheckpoint = async (): Promise<void> => {
    const n = index.head
    try {
      await store.put(checkpointKey(prefix, n), encodeCheckpoint(index))
    } catch {
      // derived data: the log has it all, and the next is due as many commits later
    }
    Object.assign(checkpoints, { newest: n, writing: null })
  }
  /** When the newest checkpoint is `commits` behind. */
  const checkpointAfter = (commits: number): Promise<void> | null => {
    if (!checkpoints.writing && index.head - checkpoints.newest >= commits) checkpoints.writing = writeCheckpoint()
    return checkpoints.writing
  }
  const writer = groupWriter({ log, index, epoch, read: body, answerWithinMs: options.answerWithinMs, onCommit: (commit) => {
    keep(commit)
    void checkpointAfter(options.checkpointEvery)
  } })

  return {
    object: (id) => index.objects.get(id),
    request: (id) => index.requests.get(id),
    body,
    write: writer.write,
    renew: (access) => store.renew(access),
    rest: async () => {
      if (!writer.busy()) await checkpointAfter(Math.min(tailAtRest(index), options.checkpointEvery))
      const busy = writer.busy() ? 'a commit is on its way' : reading.size > 0 ? 'an object is being read' : null
      if (busy === null) store.closeSockets()
      return { busy }
    },
    deposed: writer.deposed,
  }
}
