import type { IncomingMessage } from 'node:http'
import { bytesInHand } from '../../bytes-in-hand.ts'
import { ApiError, invalidBody, TITLES } from './api-error.ts'

/** The media type of everything here (RFC 6906 profile aside): JSON-LD. */
const MEDIA_TYPE = 'application/ld+json'

/** Bodies of all requests under way together, bytes: a slot has the heap of its plan. */
const ALL_BYTES = 32 * 1024 * 1024
const bodies = bytesInHand(ALL_BYTES)
const tooMuch = () => new ApiError(503, TITLES.internal, 'So much is sent here at the same time that this finds no place in memory.', {}, { 'retry-after': '1', connection: 'close' })

/** Nobody needs the body of this request any more. */
export const letGo = (request: IncomingMessage): void => bodies.letGo(request)

/**
 * Text of a request's body, which counts until `letGo`. @param limit its largest size in bytes
 * @throws ApiError 415 unless it is JSON-LD in UTF-8 without content coding, 413 when it is larger, 503 when too much is sent by others, 400 when it is not UTF-8
 */
export const readBody = async (request: IncomingMessage, limit: number): Promise<string> => {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';').map((part) => part.trim())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice(8).replaceAll('"', '')
  if (type !== MEDIA_TYPE || (charset !== undefined && charset !== 'utf-8')) throw unsupported(`Content-Type ${type || 'is missing'}; send ${MEDIA_TYPE} in UTF-8.`)
  const coding = request.headers['content-encoding'] ?? 'identity'
  if (coding !== 'identity') throw unsupported(`Content-Encoding ${coding} is not read here.`)
  const tooLarge = () => new ApiError(413, TITLES.body, `The body is larger than ${limit} bytes, the limit here.`, {}, { connection: 'close' })
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge()

  const chunks: Buffer[] = []
  let bytes = 0
  // the request outlives a refusal: its answer leaves by the same socket
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > limit) throw tooLarge()
    if (!bodies.take(request, chunk.length)) throw tooMuch()
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
  } catch (error) {
    throw invalidBody(`The body is not UTF-8: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const unsupported = (message: string): ApiError => new ApiError(415, TITLES.mediaType, message)
