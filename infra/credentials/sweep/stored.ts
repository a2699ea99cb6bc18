import { deleteAll } from '../erase.ts'
import { first, text, type Root } from '../root.ts'

/** One version of an object. `modifiedAt`: milliseconds, by the store's clock. `isMarker`: it only says that the object was deleted. */
export type Stored = {
  readonly key: string; readonly versionId: string; readonly isLatest: boolean; readonly isMarker: boolean; readonly bytes: number; readonly modifiedAt: number
}

/** All versions of all objects below a prefix, keys in order, of each the newest first. @throws Error when the store does not answer */
export async function* storedBelow(prefix: string, { bucket, send }: Root): AsyncGenerator<Stored> {
  for (let from: Readonly<Record<string, string>> | null = {}; from; ) {
    const query = new URLSearchParams({ versions: '', prefix, 'encoding-type': 'url', ...from })
    const xml = await text(await send('GET', `/${bucket}?${query.toString()}`), `versions of ${prefix}`)
    for (const [, kind, entry = ''] of xml.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)) {
      yield {
        key: decoded(first(entry, 'Key')), versionId: first(entry, 'VersionId') ?? 'null', isLatest: first(entry, 'IsLatest') === 'true', isMarker: kind === 'DeleteMarker',
        bytes: Number(first(entry, 'Size') ?? 0), modifiedAt: Date.parse(first(entry, 'LastModified') ?? ''),
      }
    }
    from = first(xml, 'IsTruncated') === 'true' ? { 'key-marker': decoded(first(xml, 'NextKeyMarker')), 'version-id-marker': first(xml, 'NextVersionIdMarker') ?? '' } : null
  }
}

const decoded = (key = ''): string => decodeURIComponent(key.replaceAll('+', ' '))

/** What time it is by the clock that dates objects, milliseconds; whole seconds, so a little early. @throws Error when the store does not say */
export const storeTime = async ({ bucket, send }: Root): Promise<number> => {
  const answer = await send('HEAD', `/${bucket}`)
  const time = Date.parse(answer.headers.get('date') ?? '')
  if (!answer.ok || Number.isNaN(time)) throw new Error(`the store does not say what time it is: ${answer.status}`)
  return time
}

/** Versions in one request. */
const AT_ONCE = 1_000

/** @throws Error when one of them stays */
export const deleteStored = async (some: readonly Stored[], root: Root): Promise<void> => {
  for (let from = 0; from < some.length; from += AT_ONCE) await deleteAll(some.slice(from, from + AT_ONCE), root)
}
