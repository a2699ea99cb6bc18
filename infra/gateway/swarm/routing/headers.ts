import type { IncomingHttpHeaders } from 'node:http'
import type { HostCall, HostReply } from '../../host.ts'

/** What is about one connection (RFC 9110, section 7.6.1), is said anew for each (section 8.6), or was answered already. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'content-length', 'expect',
])

/** Headers of a call as its function gets them: all that are about the call itself, and how its body is framed. */
export const requestHeaders = ({ method, headers, body }: HostCall): Record<string, string> => {
  const kept: Record<string, string> = {}
  const named = namedIn(headers['connection'])
  for (const [name, value] of Object.entries(headers)) if (value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name)) kept[name] = value
  if (!Buffer.isBuffer(body)) return { ...kept, ...(body.length === null ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) }) }
  return body.length > 0 || BODIED.has(method) ? { ...kept, 'content-length': String(body.length) } : kept
}

/** Methods of which a body is expected: without one they say so (RFC 9110, section 8.6). */
const BODIED: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

export const replyHeaders = (headers: IncomingHttpHeaders): HostReply['headers'] => {
  const kept: Record<string, string | readonly string[]> = {}
  const named = namedIn(headers.connection)
  for (const [name, value] of Object.entries(headers)) if (value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name)) kept[name] = value
  return kept
}

const namedIn = (connection: string | undefined): ReadonlySet<string> => (connection === undefined ? NONE : new Set(connection.toLowerCase().split(/\s*,\s*/)))
const NONE: ReadonlySet<string> = new Set()
