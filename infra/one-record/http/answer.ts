import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { inForm } from './form.ts'
import { errorBody, type ApiError } from './api-error.ts'
import { encoded, encoder, isText, SMALLEST_CODED } from './coding.ts'
import { choose, chooseCoding, contentType, FORMS, notAcceptable, type Chosen, type Coding } from './negotiate.ts'
import { API_VERSIONS } from './versions.ts'

type Headers = Readonly<Record<string, string>>

/** The token endpoint's errors are not api:Error but what RFC 6749, section 5.2, says. */
type OAuthErrorStatus = 400 | 401 | 429

/**
 * What an endpoint answers. JSON-LD, compacted, unless its headers name another `content-type`. `headers`: names in lower case;
 * `type` is an IRI; a strong `etag` makes it conditional. `body`: a stream is sent as it comes, and destroyed when the client goes;
 * with a `content-length` header if its size is known.
 */
export type Answer = {
  readonly status: 200 | 201 | 204 | 206 | 207 | 302 | 304 | 416 | OAuthErrorStatus
  readonly body?: Buffer | string | Readable
  readonly headers: Headers
}

/** Headers of the standard and of this server that a browser's script may read (Fetch standard, CORS protocol). */
const EXPOSED = 'content-language, content-range, etag, idempotency-key, last-modified, latest-revision, link, location, retry-after, revision, type, www-authenticate'

const commonTo = (chosen: Chosen | undefined): Headers => ({
  'content-type': contentType(chosen),
  // the only language there is here, whatever Accept-Language says
  'content-language': 'en-US',
  vary: 'Accept, Accept-Language, Accept-Encoding, Authorization',
  // without this a client may guess from Last-Modified how long an answer stays fresh (RFC 9111, section 4.2.2)
  'cache-control': 'private, no-cache',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED,
})
/** Made once for each version and form. */
const COMMON = new Map(API_VERSIONS.flatMap((version) => FORMS.map((form) => [`${version} ${form}`, commonTo({ version, form })] as const)))
const common = (version: Chosen['version'] | undefined, form: Chosen['form']): Headers => COMMON.get(`${version ?? API_VERSIONS[0]} ${form}`) ?? commonTo(undefined)

/** A body up to so many bytes leaves by one write with its headers; of a larger one the copy costs more than the second write. */
const ONE_WRITE = 32 * 1024
/** Ends with these very bytes: to node, text in Latin-1 is bytes, and joins the headers, where a buffer is written beside them. */
const endWith = (response: ServerResponse, bytes: Buffer): void =>
  void (bytes.length <= ONE_WRITE ? response.end(bytes.toString('latin1'), 'latin1') : response.end(bytes))

/**
 * Sends an answer; to HEAD without its body, and 304 to a client that has it already. JSON-LD goes in the form that the client
 * asked for, text of some size compressed. @param always headers of every answer of this server
 * @throws ApiError 415 when the client does not take JSON-LD, before anything is sent; what a stream throws
 */
export const send = async (request: IncomingMessage, response: ServerResponse, { status, body = '', headers }: Answer, always: Headers = {}): Promise<void> => {
  const chosen = choose(request.headers.accept)
  const isLinkedData = headers['content-type'] === undefined
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  // what was done is not undone because nobody takes its answer
  if (!chosen && isLinkedData && isRead) throw notAcceptable(request.headers.accept)

  const form = isLinkedData && !(body instanceof Readable) ? chosen?.form ?? 'compacted' : 'compacted'
  const all: Record<string, string> = { ...common(chosen?.version, form), ...always, ...headers }
  const coding = codingOf(request, status, all, body)
  if (coding) all['content-encoding'] = coding
  if (all['etag'] !== undefined) all['etag'] = tagOf(all['etag'], form, coding)
  if (isRead && status === 200 && isFresh(request.headers['if-none-match'], all['etag'])) {
    if (body instanceof Readable) body.destroy()
    delete all['content-length']
    delete all['content-encoding']
    response.writeHead(304, all).end()
    return
  }
  if (body instanceof Readable) return sendStream(request, response, { status, body, all, coding })

  const bytes = form !== 'compacted' && body.length > 0 ? inForm(body.toString(), form) : typeof body === 'string' ? Buffer.from(body) : body
  const sent = coding && request.method !== 'HEAD' ? await encoded(bytes, coding) : bytes
  if (bytes.length === 0) delete all['content-type']
  // RFC 9110, section 8.6: none with 204, and to HEAD only what GET would send
  if (status !== 204 && !(coding && request.method === 'HEAD')) all['content-length'] = String(sent.length)
  response.writeHead(status, all)
  if (request.method === 'HEAD' || sent.length === 0) response.end()
  else endWith(response, sent)
}

type Streamed = { readonly status: number; readonly body: Readable; readonly all: Record<string, string>; readonly coding: Coding | null }

const sendStream = async (request: IncomingMessage, response: ServerResponse, { status, body, all, coding }: Streamed): Promise<void> => {
  if (coding) delete all['content-length']
  response.writeHead(status, all)
  if (request.method === 'HEAD') {
    body.destroy()
    response.end()
    return
  }
  try {
    await (coding ? pipeline(body, encoder(coding), response) : pipeline(body, response))
  } catch (error) {
    // a client that went away is nobody's fault; whatever else happened is seen by the connection's end
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE' && request.destroyed)) throw error
  }
}

const codingOf = (request: IncomingMessage, status: number, headers: Headers, body: Buffer | string | Readable): Coding | null => {
  if (status === 204 || status === 206 || headers['content-encoding'] !== undefined || headers['cache-control']?.includes('no-transform') === true || !isText(headers['content-type'] ?? '')) return null
  const size = body instanceof Readable ? Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) : body.length
  return size < SMALLEST_CODED ? null : chooseCoding(request.headers['accept-encoding'])
}

/** A strong tag names bytes: each form and coding has its own (RFC 9110, section 8.8.3.3). */
const tagOf = (etag: string, form: string, coding: Coding | null): string => {
  const suffix = [form === 'compacted' ? '' : `-${form}`, coding === null ? '' : `-${coding}`].join('')
  return suffix === '' ? etag : `${etag.slice(0, -1)}${suffix}"`
}

/** True when the client has the representation with this tag (RFC 9110, section 13.1.2: weak comparison). */
const isFresh = (given: string | undefined, etag: string | undefined): boolean =>
  given !== undefined && etag !== undefined && (given.trim() === '*' || given.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag.replace(/^W\//, '')))

/** Sends an error as api:Error, in the shape of the version that was asked for. @param always as `send` */
export const sendError = (request: IncomingMessage, response: ServerResponse, error: ApiError, always: Headers = {}): void => {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const { version, form = 'compacted' } = choose(request.headers.accept) ?? {}
  const body = errorBody(error, version)
  const bytes = form === 'compacted' ? Buffer.from(body) : inForm(body, form)
  response.writeHead(error.status, { ...common(version, form), ...always, ...error.headers, 'content-length': String(bytes.length) })
  if (request.method === 'HEAD') response.end()
  else endWith(response, bytes)
}
