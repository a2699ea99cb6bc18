import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { failure, toProblem, type CatalogueError } from '../../events/errors.ts'

/** Largest head of a request, bytes. */
export const MAX_HEADER_BYTES = 16 * 1024
/** Until the head of a request is here, milliseconds. */
const HEADERS_MS = 10_000
/** Until all of a request is here, milliseconds. */
const REQUEST_MS = 120_000
/** How often connections are looked at for these, milliseconds. */
const LOOK_MS = 1_000

export type Patience = {
  readonly headersMs?: number
  readonly requestMs?: number
  /** How long no byte may move while an answer is under way; longer than any function may be silent. */
  readonly stalledMs?: number
}

/** Settings of node:http against clients that take their time; what it then finds wrong is answered by `answerClientErrors`. */
export const bounds = ({ headersMs = HEADERS_MS, requestMs = REQUEST_MS }: Patience) => ({
  maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: Math.min(LOOK_MS, headersMs, requestMs),
})

/** Answers what never became a request, or not a whole one, with problem details, and ends the connection. */
export const answerClientErrors = (server: Server, { requestMs = REQUEST_MS }: Patience): void => {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === 'ECONNRESET' || isAnswering(socket)) return void socket.destroy()
    const { status, body } = rendered(problemOf(error, requestMs))
    socket.end(`HTTP/1.1 ${status} \r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
  })
}

const problemOf = (error: NodeJS.ErrnoException, requestMs: number): CatalogueError => {
  if (error.code === 'HPE_HEADER_OVERFLOW') return failure('HEADERS_TOO_LARGE', { limit: MAX_HEADER_BYTES })
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return failure('REQUEST_TOO_SLOW', { seconds: requestMs / 1_000 })
  return failure('MALFORMED_REQUEST', { reason: 'it is not HTTP as RFC 9112 has it' })
}

const rendered = (error: CatalogueError): { readonly status: number; readonly body: string } => ({ status: error.status, body: JSON.stringify(toProblem(error)) })

/** An answer of which a part was sent already is broken off: nothing may be written into it. */
const isAnswering = (socket: Duplex): boolean => {
  const response = (socket as Duplex & { readonly _httpMessage?: { readonly headersSent: boolean } | null })._httpMessage
  return response?.headersSent === true
}
