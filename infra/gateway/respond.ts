import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { HostReply } from './host.ts'

/** What only the gateway says about the message itself (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'content-length', 'keep-alive', 'proxy-authenticate', 'te', 'trailer', 'transfer-encoding', 'upgrade'])

/**
 * Sends a reply: bytes at once, a stream chunk by chunk as it comes, its head first. `own` are the gateway's headers. Rejects
 * when the reply is no HTTP, when the stream fails or when the caller is gone; a stream that fails breaks the connection off, so
 * that nobody takes a part for the whole.
 */
export const respond = async (response: ServerResponse, { status, headers, body, length }: HostReply, own: Readonly<Record<string, string>>): Promise<void> => {
  if (!(status >= 200 && status <= 599)) throw new RangeError(`${status} is no status of a whole answer`)
  const head = { ...endToEnd(headers), ...own }
  if (body instanceof Uint8Array) {
    response.writeHead(status, mayHaveBody(status) ? { ...head, 'content-length': String(length ?? body.byteLength) } : head)
    response.end(body.byteLength === 0 ? undefined : body)
    return
  }
  response.writeHead(status, length === undefined ? head : { ...head, 'content-length': String(length) })
  response.flushHeaders()
  await pipeline(body, response)
}

const mayHaveBody = (status: number): boolean => status !== 204 && status !== 304

const endToEnd = (headers: HostReply['headers']): Record<string, string | string[]> => {
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) if (!HOP_BY_HOP.has(name)) kept[name] = typeof value === 'string' ? value : [...value]
  return kept
}
