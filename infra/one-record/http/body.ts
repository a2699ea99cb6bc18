import type { IncomingMessage } from 'node:http'
import { bytesInHand } from '../../bytes-in-hand.ts'
import { ApiError, invalidBody, TITLES, unavailable } from './api-error.ts'
import { decoded } from './coding.ts'

/** The media type of everything here (RFC 6906 profile aside): JSON-LD. */
const MEDIA_TYPE = 'application/ld+json'
/** What the holder's API takes: plain JSON, by either name. */
export const PLAIN_OR_LD: readonly string[] = ['application/json', MEDIA_TYPE]

/** Bodies of all requests under way together, bytes: a slot has the heap of its plan. */
const ALL_BYTES = 32 * 1024 * 1024
const bodies = bytesInHand(ALL_BYTES)
const tooMuch = () => unavailable('So much is sent here at the same time that this finds no place in memory.')

/** Nobody needs the body of this request any more. */
export const letGo = (request: IncomingMessage): void => bodies.letGo(request)

/**
 * Bytes of a request's body, decoded, which count until `letGo`. @param limit its largest size in bytes, decoded
 * @throws ApiError 415 for a coding other than gzip, 413 when it is larger, 503 when too much is sent by others, 400 when it is no gzip
 */
export const readBytes = async (request: IncomingMessage, limit: number): Promise<Buffer> => {
  const coding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (coding !== 'identity' && coding !== 'gzip' && coding !== 'x-gzip') throw unsupported(`Content-Encoding ${coding} is not read here; gzip is.`, { 'accept-encoding': 'gzip' })
  const tooLarge = () => new ApiError(413, TITLES.body, `The body is larger than ${limit} bytes, the limit here.`)
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge()

  const chunks: Buffer[] = []
  let bytes = 0
  // the request outlives a refusal: its answer leaves by the same socket
  const source = coding === 'identity' ? (request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) : decoded(request)
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes > limit) throw tooLarge()
    if (!bodies.take(request, chunk.length)) throw tooMuch()
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

/**
 * Text of a request's body. @param limit its largest size in bytes @param types media types that are taken
 * @throws ApiError 415 unless it is one of these in UTF-8, 400 when it is not UTF-8, and as `readBytes`
 */
export const readBody = async (request: IncomingMessage, limit: number, types: readonly string[] = [MEDIA_TYPE]): Promise<string> => {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';').map((part) => part.trim())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice(8).replaceAll('"', '')
  if (!types.includes(type) || (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')) throw unsupported(`Content-Type ${type || 'is missing'}; send ${types[0]} in UTF-8.`)
  const bytes = await readBytes(request, limit)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw invalidBody(`The body is not UTF-8: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const unsupported = (message: string, headers: Readonly<Record<string, string>> = {}): ApiError => new ApiError(415, TITLES.mediaType, message, {}, headers)
