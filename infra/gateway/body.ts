import type { IncomingMessage } from 'node:http'
import { failure } from '../../events/errors.ts'

const NOTHING = Buffer.alloc(0)

/** What is read and thrown away of a body that is too large, so that clients that write before they read see the refusal. */
const DRAIN_BYTES = 64 * 1024 * 1024

export const declaredBytes = (request: IncomingMessage): number => Number(request.headers['content-length'] ?? 0)

/** The whole body. @throws BODY_TOO_LARGE, and whatever ended the connection */
export const readBody = (request: IncomingMessage, limit: number): Promise<Buffer> => {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) return Promise.resolve(NOTHING)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const refuse = () => {
      request.removeAllListeners('data')
      drain(request)
      reject(failure('BODY_TOO_LARGE', { limit }))
    }
    request.once('error', reject).once('end', () => resolve(chunks.length === 1 ? (chunks[0] ?? NOTHING) : Buffer.concat(chunks, size)))
    if (declaredBytes(request) > limit) return refuse()
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) refuse()
      else chunks.push(chunk)
    })
  })
}

const drain = (request: IncomingMessage): void => {
  let rest = 0
  request.on('data', (chunk: Buffer) => {
    rest += chunk.length
    if (rest > DRAIN_BYTES) request.destroy()
  })
}
