import { deleteAll, versions } from '../erase.ts'
import { first, text, type Root } from '../root.ts'

/** Writes an object over, and leaves no version of it but that one. @throws Error when the store does not do it */
export const overwrite = async (key: string, body: Buffer, root: Root): Promise<void> => {
  await text(await root.send('PUT', `/${root.bucket}/${key}`, { body: new Uint8Array(body) }), `overwriting ${key}`)
  await deleteOlder(key, root)
}

/** Deletes all versions of an object but the newest. Resolves to how many. */
export const deleteOlder = async (key: string, root: Root): Promise<number> => {
  const older = (await versions(key, root)).filter((one) => one.key === key && !one.isLatest)
  if (older.length > 0) await deleteAll(older, root)
  return older.length
}

/** Deletes an object with all its versions; false when there was none. */
export const deleteObject = async (key: string, root: Root): Promise<boolean> => {
  const every = (await versions(key, root)).filter((one) => one.key === key)
  if (every.length > 0) await deleteAll(every, root)
  return every.length > 0
}

/** Null when there is none. */
export const readObject = async (key: string, { bucket, send }: Root): Promise<Buffer | null> => {
  const answer = await send('GET', `/${bucket}/${key}`)
  if (answer.ok) return Buffer.from(await answer.arrayBuffer())
  if (answer.status !== 404) await text(answer, key)
  await answer.body?.cancel()
  return null
}

/** All keys below a prefix, in order. */
export async function* keysBelow(prefix: string, { bucket, send }: Root): AsyncGenerator<string> {
  for (let after = '', more = true; more; ) {
    const query = new URLSearchParams({ 'list-type': '2', prefix, ...(after === '' ? {} : { 'start-after': after }) })
    const xml = await text(await send('GET', `/${bucket}?${query.toString()}`), `listing of ${prefix}`)
    const keys = [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? '')
    yield* keys
    after = keys.at(-1) ?? after
    more = first(xml, 'IsTruncated') === 'true' && keys.length > 0
  }
}
