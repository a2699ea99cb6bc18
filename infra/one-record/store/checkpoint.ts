import { randomUUID } from 'node:crypto'
import { crc32 } from 'node:zlib'
import * as z from 'zod/mini'
import { checkpointKey, checkpointNumber, pagesKey } from '../commit-key.ts'
import { entriesFrom, type Memtable } from './memtable.ts'
import type { ObjectStore } from './object-store.ts'
import { childAt, decodePage, LostPageError, PAGE_BYTES, type PageRef } from './page.ts'
import type { Pages } from './pages.ts'
import { rewrite, type PageSink } from './tree-writer.ts'
import type { Root } from './tree.ts'
import type { Usage } from './usage.ts'

const natural = z.int().check(z.gte(0))

/**
 * Last line of a checkpoint, filled with spaces to 512 bytes; before it the root's page, and before that the pages that are new with
 * this checkpoint. So a wake reads the end of one object, however much the record holds. `size`: of the object.
 */
const headSchema = z.strictObject({
  format: z.literal(2), n: natural, epoch: natural, at: natural, storedBytes: natural,
  usage: z.strictObject({ objects: natural, documentBytes: natural }),
  size: natural,
  root: z.nullable(z.strictObject({ level: natural, bytes: natural, crc: natural })),
})
const HEAD_BYTES = 512

/** What a checkpoint says of all commits up to `n`. */
export type Checkpoint = { readonly n: number; readonly epoch: number; readonly at: number; readonly storedBytes: number; readonly usage: Usage; readonly root: Root | null }

/** Where checkpoints lie, and their pages. */
export type CheckpointPlace = { readonly store: Pick<ObjectStore, 'create' | 'end'>; readonly prefix: string; readonly pages: Pages }

/** Read of a checkpoint at once: its head, and nearly always all that is near the root. */
const END_BYTES = 64 * 1024

/** The checkpoint at a key of the listing, null when it is none that can be read: then an older one does, or the log. @throws ObjectStoreError */
export const readCheckpoint = async (key: string, { store, prefix, pages }: Pick<CheckpointPlace, 'prefix'> & { readonly store: Pick<ObjectStore, 'end'>; readonly pages: Pick<Pages, 'keepEnd'> }): Promise<Checkpoint | null> => {
  const end = await store.end(key, END_BYTES)
  const head = end && headOf(end.bytes)
  if (!head || head.size !== end.size || head.n !== checkpointNumber(key)) return null
  const { size, root, format: _, ...said } = head
  const object = key.slice(prefix.length)
  pages.keepEnd(object, size - end.bytes.length, end.bytes)
  return { ...said, root: root && { level: root.level, ref: { object, offset: size - HEAD_BYTES - root.bytes, bytes: root.bytes, crc: root.crc } } }
}

/**
 * Keys of all objects that a checkpoint is made of: its own, and those in which older checkpoints left pages that still hold. Null
 * when it cannot be read as a whole. For who copies a record. @throws ObjectStoreError
 */
export const objectsOf = async (key: string, { store, prefix }: { readonly store: Pick<ObjectStore, 'get' | 'end'>; readonly prefix: string }): Promise<readonly string[] | null> => {
  const checkpoint = await readCheckpoint(key, { store, prefix, pages: { keepEnd: () => {} } })
  if (!checkpoint) return null
  const keys = new Set([key])
  const walk = async ({ level, ref }: Root): Promise<void> => {
    keys.add(prefix + ref.object)
    if (level === 0) return
    const bytes = await store.get(prefix + ref.object, ref)
    if (!bytes) throw new LostPageError(`${ref.object} is missing in the store`)
    const page = decodePage(bytes, ref)
    for (let index = 0; index < page.keys.length; index += 1) await walk({ level: level - 1, ref: childAt(page, index) })
  }
  try {
    if (checkpoint.root) await walk(checkpoint.root)
    return [...keys]
  } catch (error) {
    if (error instanceof LostPageError) return null
    throw error
  }
}

const headOf = (end: Buffer): z.infer<typeof headSchema> | null => {
  try {
    return headSchema.parse(JSON.parse(end.toString('utf8', Math.max(0, end.length - HEAD_BYTES))))
  } catch {
    return null
  }
}

/** With more changes the pages may take more memory than this, and go to objects of their own as they are made. */
const PART_BYTES = 4 * 1024 * 1024

/**
 * Writes what `before` and the entries of `table` make together; `said` is of the commit that the table ends with.
 * @throws LostPageError, ObjectStoreError
 */
export const writeCheckpoint = async (before: Root | null, table: Memtable, said: Omit<Checkpoint, 'root'>, { store, prefix, pages }: CheckpointPlace): Promise<Checkpoint> => {
  const changes = [...entriesFrom(table, '', false)]
  const tag = randomUUID().slice(0, 8)
  const key = checkpointKey(prefix, said.n, tag)
  const inParts = changes.length * PAGE_BYTES > PART_BYTES
  const made: { key: string; pieces: Buffer[]; refs: PageRef[]; bytes: number; part: number } = { key: inParts ? pagesKey(prefix, said.n, tag, 0) : key, pieces: [], refs: [], bytes: 0, part: 0 }

  const create = async (at: string, pieces: readonly Buffer[]): Promise<void> => {
    if ((await store.create(at, pieces)) === 'exists') throw new Error(`${at} is there already`)
    made.refs.forEach((ref, index) => pages.keep(ref, pieces[index] as Buffer))
  }
  const endPart = async (): Promise<void> => {
    await create(made.key, made.pieces)
    const part = made.part + 1
    Object.assign(made, { key: pagesKey(prefix, said.n, tag, part), pieces: [], refs: [], bytes: 0, part })
  }
  const sink: PageSink = async (page) => {
    const ref = { object: made.key.slice(prefix.length), offset: made.bytes, bytes: page.length, crc: crc32(page) }
    made.pieces.push(page)
    made.refs.push(ref)
    made.bytes += page.length
    if (inParts && made.bytes >= PART_BYTES) await endPart()
    return ref
  }
  /** Pages that were made a moment ago are read too. */
  const read: Pages['read'] = async (ref) => {
    const index = made.refs.findIndex(({ object, offset }) => object === ref.object && offset === ref.offset)
    return index < 0 ? pages.read(ref) : decodePage(made.pieces[index] as Buffer, ref)
  }

  const top = await rewrite(before, changes, { read }, sink)
  if (inParts && made.bytes > 0) await endPart()
  const rootBytes = top?.page.length ?? 0
  const size = made.bytes + rootBytes + HEAD_BYTES
  const root = top && { level: top.level, ref: { object: key.slice(prefix.length), offset: made.bytes, bytes: rootBytes, crc: crc32(top.page) } }
  const head = JSON.stringify({ format: 2, ...said, size, root: root && { level: root.level, bytes: rootBytes, crc: root.ref.crc } })
  await create(key, [...made.pieces, ...(top ? [top.page] : []), Buffer.from(`${head.padEnd(HEAD_BYTES - 1)}\n`)])
  if (top && root) pages.keep(root.ref, top.page)
  return { ...said, root }
}
