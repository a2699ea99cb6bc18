import { createHash } from 'node:crypto'
import { all, first, text, type Root } from './root.ts'

export type Version = { readonly key: string; readonly versionId: string; readonly isLatest: boolean }

/**
 * Deletes every version of every object of a record, markers too, a page (1,000) at a time. Resolves to how many there were.
 * @throws Error when the store does not answer, or could not delete one
 */
export const eraseDeployment = async (deploymentId: string, root: Root): Promise<number> => {
  let erased = 0
  // what was listed is deleted, so the first page is always the next one
  for (let page = await versions(`${deploymentId}/`, root); page.length > 0; page = await versions(`${deploymentId}/`, root)) {
    await deleteAll(page, root)
    erased += page.length
  }
  return erased
}

/** The first versions (1,000) of what lies below a prefix, deletion markers too. */
export const versions = async (prefix: string, { bucket, send }: Root): Promise<readonly Version[]> => {
  const query = new URLSearchParams({ versions: '', prefix, 'encoding-type': 'url' })
  const xml = await text(await send('GET', `/${bucket}?${query.toString()}`), `versions of ${prefix}`)
  return [...xml.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)].map(([, , entry = '']) => ({
    key: decodeURIComponent((first(entry, 'Key') ?? '').replaceAll('+', ' ')),
    versionId: first(entry, 'VersionId') ?? 'null',
    isLatest: first(entry, 'IsLatest') === 'true',
  }))
}

/** @throws Error when one of them stays */
export const deleteAll = async (page: readonly Omit<Version, 'isLatest'>[], { bucket, send }: Root): Promise<void> => {
  const objects = page.map(({ key, versionId }) => `<Object><Key>${escaped(key)}</Key><VersionId>${escaped(versionId)}</VersionId></Object>`)
  const body = `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects.join('')}</Delete>`
  const headers = { 'content-type': 'application/xml', 'content-md5': createHash('md5').update(body).digest('base64') }
  const xml = await text(await send('POST', `/${bucket}?delete=`, { body, headers }), 'deletion')
  const refused = all(xml, 'Message')
  if (refused.length > 0) throw new Error(`deletion: ${refused.length} of ${page.length} objects stay: ${refused[0]}`)
}

const escaped = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
