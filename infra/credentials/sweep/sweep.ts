import { checkpointNumber, checkpointsPrefix } from '../../one-record/commit-key.ts'
import type { ObjectStore } from '../../one-record/store/object-store.ts'
import { LostPageError } from '../../one-record/store/page.ts'
import { pagesOf } from '../../one-record/store/pages.ts'
import type { Reader } from '../../one-record/store/port.ts'
import type { Swept } from '../port.ts'
import { checkpointsInUse } from './checkpoints-in-use.ts'
import { documentsNamed, rowsNow, type DocumentsNamed } from './documents-named.ts'
import { reachOf, type Reach } from './reach.ts'
import type { Stored } from './stored.ts'
import { UnsureError } from './unsure.ts'

/** A store with the right to delete, which who serves a record does not have. All throw Error when it does not answer. */
export type SweepableStore = {
  /** Reads. */
  readonly store: ObjectStore
  /** What time it is, milliseconds, by the clock that dates objects. */
  now(): Promise<number>
  /** All versions of all objects below a prefix, keys in order. */
  below(prefix: string): AsyncIterable<Stored>
  delete(some: readonly Stored[]): Promise<void>
}

/** Of the branches of the index, while they are read. */
const CACHE_BYTES = 4 * 1024 * 1024
/** Versions deleted in one sweep; the next has the others. */
const MOST = 20_000

/**
 * Deletes what nobody needs of a record, all versions of it: pages of the index and checkpoints that newer ones replaced, documents
 * that no row names. Never a commit; never what was written, replaced or discarded less than `graceMs` ago; nothing at all when in
 * doubt. Done again it finds nothing more to do. @throws Error when the store does not answer
 */
export const sweep = async ({ prefix, graceMs }: { readonly prefix: string; readonly graceMs: number }, on: SweepableStore): Promise<Swept> => {
  const horizon = (await on.now()) - graceMs
  const pages = pagesOf(on.store, prefix, CACHE_BYTES)
  const pile = pileOf(horizon)
  try {
    const inUse = await checkpointsInUse(prefix, horizon, { ...on, pages })
    await sortIndex(prefix, { lasting: await reachOf(inUse.lasting, pages), passing: await reachOf(inUse.passing, pages), isFresh: inUse.isFresh }, pile, on)
    await sortDocuments(prefix, horizon, pile, on, () => rowsNow(inUse.lasting[0]?.checkpoint ?? null, { store: on.store, prefix, pages }))
  } catch (error) {
    if (error instanceof UnsureError || error instanceof LostPageError) return { state: 'unsure', reason: error.message }
    throw error
  }
  await on.delete(pile.unneeded)
  const objects = pile.unneeded.filter(({ isMarker }) => !isMarker)
  return { state: 'swept', objects: objects.length, bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0), waiting: pile.waiting() }
}

/** What nobody needs. */
type Pile = {
  readonly unneeded: readonly Stored[]
  /** What a later sweep will find, for it is needed for a while only, or too fresh to say. */
  waiting(): number
  wait(): void
  /** Something that is not needed: now, unless it is fresh, or there is enough to do already. */
  drop(one: Stored): void
}

const pileOf = (horizon: number): Pile => {
  const unneeded: Stored[] = []
  let waiting = 0
  const wait = (): void => void (waiting += 1)
  return {
    unneeded,
    waiting: () => waiting,
    wait,
    drop: (one) => {
      if (one.modifiedAt < horizon && unneeded.length < MOST) unneeded.push(one)
      else wait()
    },
  }
}

const isThere = ({ isLatest, isMarker }: Stored): boolean => isLatest && !isMarker
const isOfIndex = (key: string): boolean => checkpointNumber(key) !== null || /\/pages\/\d{12}-[^/]+-\d+$/.test(key)

/** @throws UnsureError when something that is needed is not there as a whole */
const sortIndex = async (prefix: string, { lasting, passing, isFresh }: { readonly lasting: Reach; readonly passing: Reach; readonly isFresh: boolean }, pile: Pile, on: SweepableStore): Promise<void> => {
  const missing = new Set([...lasting.keys(), ...passing.keys()])
  for (const folder of [checkpointsPrefix(prefix), `${prefix}pages/`]) {
    for await (const one of on.below(folder)) {
      if (!isOfIndex(one.key)) continue
      const object = one.key.slice(prefix.length)
      const end = Math.max(lasting.get(object) ?? -1, passing.get(object) ?? -1)
      if (end < 0 || !isThere(one)) {
        pile.drop(one)
        continue
      }
      if (one.bytes >= end) missing.delete(object)
      if (isFresh && !lasting.has(object)) pile.wait()
    }
  }
  const [lost] = missing
  if (lost !== undefined) throw new UnsureError(`${lost}, which is needed, is not there as a whole`)
}

const NOTHING_NAMED: DocumentsNamed = { lasting: new Set(), passing: new Set() }

/** @param open asked for once, and only when there are documents */
const sortDocuments = async (prefix: string, horizon: number, pile: Pile, on: SweepableStore, open: () => Promise<Reader>): Promise<void> => {
  let reader: Promise<Reader> | null = null
  let of: { readonly object: string | null; readonly named: DocumentsNamed } = { object: null, named: NOTHING_NAMED }
  for await (const one of on.below(`${prefix}documents/`)) {
    const file = one.key.slice(prefix.length)
    const object = /^documents\/(.+)\/[^/]+$/.exec(file)?.[1]
    if (object === undefined) continue
    reader ??= open()
    if (of.object !== object) of = { object, named: await documentsNamed(await reader, object, horizon) }
    const { lasting, passing } = of.named
    if (isThere(one) && lasting.has(file)) continue
    if (isThere(one) && passing.has(file)) pile.wait()
    else pile.drop(one)
  }
}
