import type { StorageAccess } from '../../credentials/port.ts'
import { unavailable } from '../http/api-error.ts'
import { attach } from './attach.ts'
import { bodiesOf } from './bodies.ts'
import { HEADER_BYTES } from './commit.ts'
import { keeperOf } from './keeper.ts'
import { commitLog, type StoredCommit } from './log.ts'
import { objectStore, type ObjectStore } from './object-store.ts'
import { LostPageError } from './page.ts'
import { pagesOf, type Pages } from './pages.ts'
import type { OneRecord, Transaction } from './port.ts'
import { addCommit, viewOf, type RecordIndex } from './record-index.ts'
import { readerOf } from './view.ts'
import { groupWriter } from './writer.ts'

/** The record of one claim, attached, with what only its keeper may do. */
export type AttachedRecord = OneRecord & {
  renew(storage: StorageAccess): void
  /** Closes all outgoing sockets when nothing is on its way; else says what is. A long tail of the log is put into a checkpoint. */
  rest(): Promise<{ readonly busy: string | null }>
  /** The last commit that the newest checkpoint holds; 0 when there is none. */
  indexedTo(): number
  /** Puts all that there is into a checkpoint. Resolves whatever became of it: `indexedTo` says. */
  indexNow(): Promise<void>
  readonly deposed: Promise<void>
}

export type RecordOptions = {
  /** Bytes of bodies and of pages of the index that are kept in memory. */
  readonly cacheBytes: number
  readonly pageCacheBytes: number
  /** Commits, and bytes of memory for what they changed, until the next checkpoint. */
  readonly checkpointEvery: number
  readonly tableBytes: number
  /** Then a write gets 503, milliseconds. */
  readonly answerWithinMs: number
  readonly openStore: (storage: StorageAccess) => ObjectStore
}
const MEGABYTE = 1024 * 1024
const DEFAULTS: RecordOptions = { cacheBytes: 16 * MEGABYTE, pageCacheBytes: 6 * MEGABYTE, checkpointEvery: 256, tableBytes: 2 * MEGABYTE, answerWithinMs: 10_000, openStore: objectStore }

/** Commits after the newest checkpoint that a record falls asleep with at most: its wake finds them with what it asks for first (attach.ts). */
const TAIL_AT_REST = 2
/** While checkpoints are not written fast enough writes wait for them, and when they are not written at all writes end: times `tableBytes`. */
const CROWDED = { wait: 4, end: 8 } as const
const NOT_STORED = 'The index of this record cannot be stored now.'

export type Opening = {
  /** Makes the first rows of a record that has none. */
  readonly genesis: (transaction: Transaction) => Promise<void>
  /** Bytes that the record may hold, and what hears that something was refused for it. */
  readonly limit: { readonly bytes: number; reached(): void }
  /** Hears of failures that answer no request. */
  readonly complain: (error: unknown) => void
}

/** Takes the record of the claim. @throws DeposedError, ObjectStoreError */
export const openRecord = async (
  { epoch, storage }: { readonly epoch: number; readonly storage: StorageAccess }, { genesis, limit, complain }: Opening, given: Partial<RecordOptions> = {},
): Promise<AttachedRecord> => {
  const options = { ...DEFAULTS, ...given }
  const { prefix } = storage
  const each = { commits: options.checkpointEvery, bytes: options.tableBytes }
  const store = options.openStore(storage)
  const log = commitLog(store, prefix)
  const bodies = bodiesOf(store, prefix, options.cacheBytes)
  const pages = pagesOf(store, prefix, options.pageCacheBytes)
  const keeper = keeperOf(log, { store, prefix, pages }, each, complain)

  const isCrowded = ({ tableBytes }: RecordIndex, times: number): boolean => tableBytes > times * each.bytes
  const relieve = async (grown: RecordIndex): Promise<void> => {
    await keeper.checkpoint(grown, each)
    if (isCrowded(grown, CROWDED.end)) throw unavailable(NOT_STORED)
  }
  const index = await attach({ store, log, pages, prefix, epoch, genesis, body: bodies.read, relieve })

  const readable: Pick<Pages, 'read'> = {
    read: (ref) => pages.read(ref).catch((error: unknown) => {
      if (!(error instanceof LostPageError)) throw error
      complain(error)
      void keeper.repair(index)
      throw unavailable('The index of this record is being made again.')
    }),
  }
  const usage = () => ({ objects: index.usage.objects, bytes: index.storedBytes + index.usage.documentBytes })
  const took = async (commit: StoredCommit, kept: readonly Buffer[]): Promise<void> => {
    addCommit(index, commit)
    let offset = HEADER_BYTES
    for (const body of kept) {
      bodies.keep([commit.header.n, offset, body.length], body)
      offset += body.length
    }
    const relieved = keeper.checkpoint(index, each)
    if (isCrowded(index, CROWDED.wait)) await relieved
  }
  const writer = groupWriter({
    log, epoch, answerWithinMs: options.answerWithinMs, body: bodies.read, took,
    view: () => viewOf(index, readable),
    at: () => index.at,
    room: () => limit.bytes - usage().bytes,
    full: limit.reached,
  })

  return {
    files: {
      upload: (name, stream, length) => store.upload(prefix + name, stream, length),
      download: (name, range) => store.download(prefix + name, range),
    },
    usage,
    reader: () => readerOf(viewOf(index, readable), bodies.read),
    write: (change, beyond) => (isCrowded(index, CROWDED.end) ? Promise.reject(unavailable(NOT_STORED)) : writer.write(change, beyond)),
    renew: (access) => store.renew(access),
    rest: async () => {
      if (!writer.busy()) await keeper.checkpointNow(index, { commits: Math.min(TAIL_AT_REST + 1, each.commits), bytes: each.bytes })
      const busy = writer.busy() ? 'a commit is on its way' : keeper.busy() ?? (bodies.busy() || pages.busy() ? 'an object is being read' : null)
      if (busy === null) store.closeSockets()
      return { busy }
    },
    indexedTo: () => index.rootedAt,
    indexNow: () => keeper.checkpointNow(index, { commits: 1, bytes: each.bytes }),
    deposed: writer.deposed,
  }
}
