import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastCommit } from '../credentials/fence.ts'
import { all, first, text, type Root } from '../credentials/root.ts'
import { checkpointsPrefix, commitKey } from '../one-record/commit-key.ts'
import { objectsOf } from '../one-record/store/checkpoint.ts'
import { createFile, type BackupFile } from './files.ts'
import { addToTar, endTar, readTar } from './tar.ts'

/**
 * The records in the object store, as `records.tar`: of each its commits, 1 to the newest, its documents, and its newest checkpoint with
 * the pages that it refers to (what that holds is derived, but spares the first wake reading a long log). Taken while they are written: a record cut behind any commit is a
 * whole one. Commits are written once, so there are no versions to keep.
 */
export const RECORDS = 'records.tar'

export type Taken = { readonly file: BackupFile; readonly records: number; readonly objects: number }

/** Objects asked for at the same time: at most so many commits are in memory. */
const AT_ONCE = 8

/** @throws Error when the store does not answer, or holds what this release does not know */
export const takeRecords = async (root: Root, folder: string, progressed: (records: number, objects: number, bytes: number) => void): Promise<Taken> => {
  const tar = await createFile(folder, RECORDS)
  let [records, objects, bytes] = [0, 0, 0]
  const add = async (key: string, body: Uint8Array): Promise<void> => {
    await addToTar(tar, key, body)
    objects += 1
    bytes += body.length
    progressed(records, objects, bytes)
  }
  const copy = async (key: string): Promise<void> => {
    const body = await read(root, key)
    if (body) await add(key, body)
  }
  for await (const prefix of foldersIn(root, '')) {
    records += 1
    for await (const within of foldersIn(root, prefix)) if (!KNOWN.has(within.slice(prefix.length))) throw new Error(`the record ${prefix} holds ${within}, which this release cannot back up`)
    // before the commits that it was derived from, all of which are there as long as it is
    const checkpoint = await newestCheckpoint(root, prefix)
    const derived = checkpoint === null ? null : await objectsOf(checkpoint, { store: storeOf(root), prefix })
    const newest = await patiently(() => lastCommit(prefix, root))
    for (let n = 1; n <= newest; n += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, newest - n + 1) }, (_, step) => n + step)
      const commits = await Promise.all(numbers.map((one) => read(root, commitKey(prefix, one))))
      const end = commits.indexOf(null) // erased under our hands: its deployment is gone
      for (const [index, body] of commits.entries()) if (body && (end < 0 || index < end)) await add(commitKey(prefix, n + index), body)
      if (end >= 0) break
    }
    for (const key of derived ?? []) await copy(key)
    for await (const key of keysBelow(root, `${prefix}documents/`)) await copy(key)
  }
  await endTar(tar)
  return { file: await tar.end(), records, objects }
}

const KNOWN: ReadonlySet<string> = new Set(['commits/', 'checkpoints/', 'pages/', 'documents/'])

/** Puts the objects into the bucket, which must be there, but for records that `isErased` says are to be no more. Resolves to how many. */
export const bringBackRecords = async (root: Root, folder: string, isErased: (deploymentId: string) => Promise<boolean>, progressed: (objects: number, bytes: number) => void): Promise<number> => {
  let [objects, bytes, prefix, skipped] = [0, 0, '', false]
  let putting: Promise<void>[] = []
  for await (const { name, body } of readTar(join(folder, RECORDS))) {
    if (!name.startsWith(`${prefix}/`)) {
      prefix = name.slice(0, name.indexOf('/'))
      skipped = await isErased(prefix)
    }
    if (skipped) continue
    putting.push(put(root, name, body))
    progressed((objects += 1), (bytes += body.length))
    if (putting.length < AT_ONCE) continue
    await Promise.all(putting)
    putting = []
  }
  await Promise.all(putting)
  return objects
}

/** What lies directly below a prefix, each with its slash. @throws Error when there are objects as well */
async function* foldersIn({ bucket, send }: Root, prefix: string): AsyncGenerator<string> {
  for (let token: string | undefined, more = true; more; ) {
    const query = new URLSearchParams({ 'list-type': '2', delimiter: '/', prefix, 'encoding-type': 'url', ...(token === undefined ? {} : { 'continuation-token': token }) })
    const xml = await patiently(async () => text(await send('GET', `/${bucket}?${query.toString()}`), `listing of ${prefix || bucket}`))
    const [stray] = all(xml, 'Key')
    if (stray !== undefined) throw new Error(`the bucket holds ${stray}, which this release cannot back up`)
    for (const found of all(xml, 'Prefix')) if (found !== prefix) yield decodeURIComponent(found)
    token = first(xml, 'NextContinuationToken')
    more = token !== undefined
  }
}

const newestCheckpoint = async ({ bucket, send }: Root, prefix: string): Promise<string | null> => {
  const query = new URLSearchParams({ 'list-type': '2', 'max-keys': '1', prefix: checkpointsPrefix(prefix) })
  const xml = await patiently(async () => text(await send('GET', `/${bucket}?${query.toString()}`), `listing of ${prefix}`))
  return first(xml, 'Key') ?? null
}

/** All keys below a prefix, in order. */
async function* keysBelow({ bucket, send }: Root, prefix: string): AsyncGenerator<string> {
  for (let token: string | undefined, more = true; more; ) {
    const query = new URLSearchParams({ 'list-type': '2', prefix, 'encoding-type': 'url', ...(token === undefined ? {} : { 'continuation-token': token }) })
    const xml = await patiently(async () => text(await send('GET', `/${bucket}?${query.toString()}`), `listing of ${prefix}`))
    for (const key of all(xml, 'Key')) yield decodeURIComponent(key)
    token = first(xml, 'NextContinuationToken')
    more = token !== undefined
  }
}

/** As much of an object store as reading a checkpoint takes. */
const storeOf = (root: Root): Parameters<typeof objectsOf>[1]['store'] => ({
  get: async (key, range) => {
    const part = await readPart(root, key, range ? `${range.offset}-${range.offset + range.bytes - 1}` : '0-')
    return part && Buffer.from(part.bytes)
  },
  end: async (key, bytes) => {
    const part = await readPart(root, key, `-${bytes}`)
    return part && { bytes: Buffer.from(part.bytes), size: part.size }
  },
})

const readPart = ({ bucket, send }: Root, key: string, range: string): Promise<{ readonly bytes: ArrayBuffer; readonly size: number } | null> =>
  patiently(async () => {
    const answer = await send('GET', `/${bucket}/${key}`, { headers: { range: `bytes=${range}` } })
    if (answer.ok) return { bytes: await answer.arrayBuffer(), size: Number(answer.headers.get('content-range')?.split('/')[1]) }
    // 416: it is empty
    if (answer.status !== 404 && answer.status !== 416) await text(answer, key)
    await answer.body?.cancel()
    return null
  })

const read = ({ bucket, send }: Root, key: string): Promise<Uint8Array | null> =>
  patiently(async () => {
    const answer = await send('GET', `/${bucket}/${key}`)
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer())
    if (answer.status !== 404) await text(answer, key)
    await answer.body?.cancel()
    return null
  })

const put = ({ bucket, send }: Root, key: string, body: Buffer): Promise<void> =>
  patiently(async () => void (await text(await send('PUT', `/${bucket}/${key}`, { body: new Uint8Array(body) }), key)))

const ATTEMPTS = 5
const FIRST_WAIT_MS = 200

/** One answer that was lost does not end hours of work. */
const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
      await sleep(FIRST_WAIT_MS * 2 ** attempt)
    }
  }
}
