import { Readable } from 'node:stream'
import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { notFound } from '../http/api-error.ts'
import type { Call } from '../http/router.ts'
import { httpDate } from '../http/time.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { digestField } from './digest.ts'
import { findDocument } from './document-rows.ts'
import { attachment, documentIri, nameOf } from './name.ts'
import { isSameAs, rangeOf } from './range.ts'

/** Whatever is uploaded, a browser saves it and never shows it as a page of this server. */
const HARMLESS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-cache, no-transform',
}

/** GET and HEAD /logistics-objects/{id}/documents/{name}: whole or one range of it, as it comes from the object store. */
export const readDocument = ({ base, record, access }: Server) => async ({ request, id, params, agent }: Call): Promise<Answer> => {
  const reader = record.reader()
  await access.check(reader, agent, 'GET_LOGISTICS_OBJECT', id)
  const object = objectIri(base, id)
  const name = nameOf(params, object)
  const [found, there] = await Promise.all([findDocument(reader, id, name), findObject(reader, id)])
  if (!found || !there) throw notFound(documentIri(object, name))
  const { file, mediaType, bytes, digest } = found.value
  const [etag, lastModified] = [`"${Buffer.from(digest, 'base64').toString('hex')}"`, httpDate(found.at)]
  const headers = {
    ...HARMLESS, 'content-type': mediaType, 'content-disposition': attachment(name), 'accept-ranges': 'bytes', etag, 'last-modified': lastModified,
    'repr-digest': digestField(digest),
  }
  if (request.method === 'HEAD') return { status: 200, body: Readable.from([]), headers: { ...headers, 'content-length': String(bytes) } }
  const range = isSameAs(request.headers['if-range']?.toString(), { etag, lastModified }) ? rangeOf(request.headers.range, bytes) : null
  if (range === 'unsatisfiable') return { status: 416, headers: { ...headers, 'content-range': `bytes */${bytes}` } }
  const download = await record.files.download(file, range ?? undefined)
  if (!download) throw new Error(`the bytes of a document are missing in the store: ${file}`)
  return range === null
    ? { status: 200, body: download.stream, headers: { ...headers, 'content-length': String(bytes), 'content-digest': digestField(digest) } }
    : { status: 206, body: download.stream, headers: { ...headers, 'content-length': String(range.bytes), 'content-range': `bytes ${range.offset}-${range.offset + range.bytes - 1}/${bytes}` } }
}
