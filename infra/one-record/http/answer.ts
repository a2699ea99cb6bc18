import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { errorBody, type ApiError } from './api-error.ts'
import { API_VERSIONS, contentType } from './negotiate.ts'

type Headers = Readonly<Record<string, string>>

/** The token endpoint's errors are not api:Error but what RFC 6749, section 5.2, says. */
type OAuthErrorStatus = 400 | 401 | 429

/**
 * What an endpoint answers. JSON-LD unless its headers name another `content-type`. `headers`: names in lower case; `type` is an IRI;
 * an `etag` makes it conditional. `body`: a stream is sent as it comes, and destroyed when the client goes; with a `content-length`
 * header if its size is known.
 */
export type Answer = {
  readonly status: 200 | 201 | 204 | 206 | 207 | 302 | 304 | 416 | OAuthErrorStatus
  readonly body?: Buffer | string | Readable
  readonly headers: Headers
}

const common = (request: IncomingMessage): Record<string, string> => ({
  'content-type': contentType(request.headers.accept) ?? `application/ld+json; version=${API_VERSIONS[0]}`,
  // the only language there is here, whatever Accept-Language says
  'content-language': 'en-US',
  vary: 'Accept',
})

/** True when the client has the representation with this tag (RFC 9110, section 13.1.2: weak comparison). */
const isFresh = (given: string | undefined, etag: string | undefined): boolean =>
  given !== undefined && etag !== undefined && (given.trim() === '*' || given.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag))

/** Sends an answer; to HEAD without its body, and 304 to a client that has it already. @throws what a stream throws */
export const send = async (request: IncomingMessage, response: ServerResponse, { status, body = '', headers }: Answer): Promise<void> => {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (isRead && isFresh(request.headers['if-none-match'], headers['etag'])) {
    response.writeHead(304, { ...common(request), ...headers }).end()
    return
  }
  if (body instanceof Readable) {
    response.writeHead(status, { ...common(request), ...headers })
    if (request.method !== 'HEAD') return pipeline(body, response)
    body.destroy()
    response.end()
    return
  }
  response.writeHead(status, { ...common(request), ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Sends an error as api:Error. */
export const sendError = (request: IncomingMessage, response: ServerResponse, error: ApiError): void => {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = errorBody(error)
  response.writeHead(error.status, { ...common(request), ...error.headers, 'content-length': Buffer.byteLength(body) })
  response.end(request.method === 'HEAD' ? undefined : body)
}
