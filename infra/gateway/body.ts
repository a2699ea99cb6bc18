import type { IncomingMessage } from 'node:http'
import { failure } from '../../events/errors.ts'
import { bytesInHand } from '../bytes-in-hand.ts'
import type { Exchange } from './exchange.ts'
import type { Upload } from './host.ts'

const NOTHING = Buffer.alloc(0)

/** What is read and thrown away of a body that is too large: most clients write all of it before they read that it was refused. */
const DRAIN_BYTES = 64 * 1024 * 1024
/** A client that still writes after that is cut off, when it had the time to read the refusal, milliseconds. */
const CUT_OFF_MS = 1_000
/**
 * Of a larger body the rest goes on as it comes. Up to this a body is here before a function is asked: a slow client holds none of
 * the function's connections, and the call can be made again elsewhere. Bytes.
 */
const BEGINNING_BYTES = 256 * 1024

export const declaredBytes = (request: IncomingMessage): number => Number(request.headers['content-length'] ?? 0)

/** Bodies of all requests under way together, bytes. */
const ALL_BYTES = 256 * 1024 * 1024
const bodies = bytesInHand(ALL_BYTES)

type Incoming = Pick<Exchange, 'request' | 'response'>

/** The whole body, which counts until the answer is through. @throws BODY_TOO_LARGE, TOO_MUCH_AT_ONCE, and whatever ended the connection */
export const readBody = async (incoming: Incoming, limit: number): Promise<Buffer> => {
  const { chunks, size } = await begin(incoming, limit, limit)
  return joined(chunks, size)
}

/** A small body whole, of a larger one the beginning. @throws as `readBody`; so does the rest, when it is read */
export const takeBody = async (incoming: Incoming, limit: number): Promise<Buffer | Upload> => {
  const { request } = incoming
  const { chunks, size, rest } = await begin(incoming, limit, Math.min(BEGINNING_BYTES, limit))
  const head = joined(chunks, size)
  return rest ? { head, length: request.headers['content-length'] === undefined ? null : declaredBytes(request), rest: () => upTo(limit, size, request, rest) } : head
}

/** For whoever cannot do with less. */
export const wholeBody = async (body: Buffer | Upload): Promise<Buffer> => {
  if (Buffer.isBuffer(body)) return body
  const chunks: Uint8Array[] = [body.head]
  for await (const chunk of body.rest()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

type Chunks = AsyncIterator<Buffer>
/** `rest`: what has not come yet; null when that is nothing. */
type Begun = { readonly chunks: readonly Buffer[]; readonly size: number; readonly rest: Chunks | null }

/** Reads until there is more than `enough`. What nobody has read when the answer is through is thrown away. */
const begin = async ({ request, response }: Incoming, limit: number, enough: number): Promise<Begun> => {
  const { 'content-length': length, 'transfer-encoding': encoding, expect } = request.headers
  if (length === undefined && encoding === undefined) return { chunks: [], size: 0, rest: null }
  const tooLarge = failure('BODY_TOO_LARGE', { limit })
  if (declaredBytes(request) > limit && expect !== undefined) throw tooLarge // it waits with the body
  const rest: Chunks = request.iterator({ destroyOnReturn: false })
  response.once('finish', () => void (request.complete || throwAway(request, rest).catch(() => request.destroy())))
  if (declaredBytes(request) > limit + DRAIN_BYTES) throw tooLarge // nobody reads all that
  response.once('close', () => bodies.letGo(request))
  const chunks: Buffer[] = []
  let size = 0
  while (size <= enough) {
    const next = await rest.next()
    if (next.done === true) return { chunks, size, rest: null }
    size += next.value.length
    const refusal = size > limit ? tooLarge : bodies.take(request, next.value.length) ? null : failure('TOO_MUCH_AT_ONCE', { retryAfterSeconds: 1 })
    if (refusal) return refuse(request, rest, refusal)
    chunks.push(next.value)
  }
  return { chunks, size, rest }
}

async function* upTo(limit: number, before: number, request: IncomingMessage, chunks: Chunks): AsyncGenerator<Buffer> {
  let size = before
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    size += next.value.length
    if (size > limit) await refuse(request, chunks, failure('BODY_TOO_LARGE', { limit }))
    yield next.value
  }
}

/** Once the client has written what it can write, so that it comes to read why. */
const refuse = async (request: IncomingMessage, chunks: Chunks, why: Error): Promise<never> => {
  bodies.letGo(request)
  await throwAway(request, chunks)
  throw why
}

/** Reads on for a while; a connection on which there is still no end is cut soon. */
const throwAway = async (request: IncomingMessage, chunks: Chunks): Promise<void> => {
  let size = 0
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    size += next.value.length
    if (size > DRAIN_BYTES) return void setTimeout(() => request.destroy(), CUT_OFF_MS).unref()
  }
}

const joined = (chunks: readonly Buffer[], size: number): Buffer => (chunks.length === 1 ? (chunks[0] ?? NOTHING) : Buffer.concat(chunks, size))
