import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { ApiError, invalidBody, notFound, storageFull, TITLES } from '../http/api-error.ts'
import type { Call } from '../http/router.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { checkDigest, digestField, hashed } from './digest.ts'
import { deleteDocument, findDocument, putDocument } from './document-rows.ts'
import { documentIri, isName } from './name.ts'

const MEDIA_TYPE = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}(?:\s*;\s*[\w!#$&^.+-]{1,60}=(?:[\w!#$&^.+-]{1,100}|"[^"\\\p{C}]{0,100}"))*$/u
const UNKNOWN_TYPE = 'application/octet-stream'

/**
 * PUT /logistics-objects/{id}/documents/{name}: bytes of any kind that belong to an object, for the holder to write. They go to the
 * object store as they come; only when all are there does a commit make the document, so that one whose upload was cut never was.
 * 201, or 204 when it took the place of another.
 */
export const writeDocument = (server: Server) => async ({ request, id, params, agent }: Call): Promise<Answer> => {
  server.access.holderOnly(agent)
  const object = objectIri(server.base, id)
  const name = params['name'] ?? ''
  if (!isName(name)) throw invalidBody('A document needs a name of at most 200 characters, without slashes and control characters.', { resource: object })
  if (!(await findObject(server.record.reader(), id))) throw notFound(object)
  const bytes = lengthOf(server, request)
  const mediaType = mediaTypeOf(request)
  const file = `documents/${id}/${randomUUID()}`
  const { stream, digest: digestOf } = hashed(request)
  await server.record.files.upload(file, stream, bytes)
  const digest = digestOf()
  checkDigest(request, digest)

  const replaced = await server.record.write(async (tx) => {
    if (!(await findObject(tx, id))) throw notFound(object)
    if (request.headers['if-none-match']?.trim() === '*' && (await findDocument(tx, id, name))) throw new ApiError(412, TITLES.conflict, 'There is a document of this name already.', { resource: documentIri(object, name) })
    return putDocument(tx, id, name, { file, mediaType, bytes, digest, by: agent.uri })
  })
  return {
    status: replaced ? 204 : 201,
    headers: { location: documentIri(object, name), etag: `"${Buffer.from(digest, 'base64').toString('hex')}"`, 'repr-digest': digestField(digest) },
  }
}

/** DELETE /logistics-objects/{id}/documents/{name}: there is no such document any more; that there was stays in the record. */
export const removeDocument = ({ base, record, access }: Server) => async ({ id, params, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const location = documentIri(objectIri(base, id), params['name'] ?? '')
  await record.write(async (tx) => {
    if (!(await deleteDocument(tx, id, params['name'] ?? '', agent.uri))) throw notFound(location)
  }, { beyondLimit: true })
  return { status: 204, headers: {} }
}

/** @throws ApiError 411, 413, 507 */
const lengthOf = ({ limits, record, noteLimit }: Server, { headers }: IncomingMessage): number => {
  const text = headers['content-length']
  if (text === undefined) throw new ApiError(411, TITLES.body, 'A document comes with its Content-Length.')
  const bytes = Number(text)
  if (bytes > limits.documentBytes) {
    noteLimit('documentBytes')
    throw new ApiError(413, TITLES.body, `The document is larger than ${limits.documentBytes} bytes, the limit here.`)
  }
  if (record.usage().bytes + bytes > limits.storedBytes) {
    noteLimit('storedBytes')
    throw storageFull()
  }
  return bytes
}

/** @throws ApiError 415 */
const mediaTypeOf = ({ headers }: IncomingMessage): string => {
  const type = headers['content-type']?.trim() ?? UNKNOWN_TYPE
  if (!MEDIA_TYPE.test(type)) throw new ApiError(415, TITLES.mediaType, `Content-Type ${JSON.stringify(type)} is no media type.`)
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding !== 'identity') throw new ApiError(415, TITLES.mediaType, `Content-Encoding ${coding} is not taken for documents: send them as they are.`)
  return type
}
