import type { IncomingMessage } from 'node:http'
import { failure } from '../../events/errors.ts'
import { bytesInHand } from '../bytes-in-hand.ts'
import type { Exchange } from './exchange.ts'

const NOTHING = Buffer.alloc(0)

/** What is read and thrown away of a body that is too large: most clients write all of it before they read that it was refused. */
const DRAIN_BYTES = 64 * 1024 * 1024
/** A client that still writes after that is cut off, when it had the time to read the refusal, milliseconds. */
const CUT_OFF_MS = 1_000

export const declaredBytes = (request: IncomingMessage): number => Number(request.headers['content-length'] ?? 0)

/** Bodies of all requests under way together, bytes. */
const ALL_BYTES = 256 * 1024 * 1024
const bodies = bytesInHand(ALL_BYTES)

/** The whole body, which counts until the answer is through. @throws BODY_TOO_LARGE, TOO_MUCH_AT_ONCE, and whatever ended the connection */
export const readBody = ({ request, response }: Pick<Exchange, 'request' | 'response'>, limit: number): Promise<Buffer> => {
  const { 'content-length': length, 'transfer-encoding': encoding, expect } = request.headers
  if (length === undefined && encoding === undefined) return Promise.resolve(NOTHING)
  if (expect !== undefined && declaredBytes(request) > limit) return Promise.reject(failure('BODY_TOO_LARGE', { limit })) // it waits with the body
  response.once('close', () => bodies.letGo(request))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let crowded = false
    const refuse = () => reject(crowded ? failure('TOO_MUCH_AT_ONCE', { retryAfterSeconds: 1 }) : failure('BODY_TOO_LARGE', { limit }))
    request
      .on('data', (chunk: Buffer) => {
        size += chunk.length
        crowded ||= size <= limit && !bodies.take(request, chunk.length)
        if (size <= limit && !crowded) return void chunks.push(chunk)
        chunks.length = 0
        bodies.letGo(request)
        if (size <= limit + DRAIN_BYTES) return
        request.pause()
        refuse()
        setTimeout(() => request.destroy(), CUT_OFF_MS).unref()
      })
      .once('end', () => (size > limit || crowded ? refuse() : resolve(chunks.length === 1 ? (chunks[0] ?? NOTHING) : Buffer.concat(chunks, size))))
      .once('error', reject)
  })
}
