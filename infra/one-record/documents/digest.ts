import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { invalidBody } from '../http/api-error.ts'

/** SHA-256 as a field of RFC 9530 has it. @param digest base64 */
export const digestField = (digest: string): string => `sha-256=:${digest}:`

/** The request's body as it comes; `digest` is of what has passed by then, base64. */
export const hashed = (request: IncomingMessage): { readonly stream: Readable; digest(): string } => {
  const hash = createHash('sha256')
  async function* pass(): AsyncGenerator<Buffer> {
    // the request outlives a refusal: its answer leaves by the same socket
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      yield chunk
    }
  }
  return { stream: Readable.from(pass(), { objectMode: false }), digest: () => hash.digest('base64') }
}

/** Digests that the client said the body would have. @throws ApiError 400 when it came with another, or when they are no such field */
export const checkDigest = (request: IncomingMessage, digest: string): void => {
  for (const name of ['content-digest', 'repr-digest']) {
    const field = request.headers[name]
    const said = typeof field === 'string' ? /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]*):/.exec(field)?.[1] : undefined
    if (said !== undefined && said !== digest) throw invalidBody(`${name} says sha-256 ${said}, but what came has ${digest}.`)
  }
}
