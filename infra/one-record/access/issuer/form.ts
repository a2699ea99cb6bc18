import type { IncomingMessage } from 'node:http'

/** Largest body of a token request, bytes. */
const MAX_FORM = 8 * 1024

/** Fields of a form (application/x-www-form-urlencoded); null when the body is none, is too large or says something twice (RFC 6749, section 3.2). */
export const readForm = async (request: IncomingMessage): Promise<ReadonlyMap<string, string> | null> => {
  const [type = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';')
  if (type.trim() !== 'application/x-www-form-urlencoded' || Number(request.headers['content-length'] ?? 0) > MAX_FORM) return null
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_FORM) return null
    chunks.push(chunk)
  }
  const pairs = [...new URLSearchParams(Buffer.concat(chunks).toString())]
  const fields = new Map(pairs)
  return fields.size === pairs.length ? fields : null
}
