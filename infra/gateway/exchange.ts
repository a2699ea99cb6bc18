import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SIGNATURE_HEADER } from '../delivery/signature.ts'
import { beginSpan, isSampled, type Span } from '../tracing/span.ts'
import { fromOutside } from '../tracing/trace-context.ts'
import type { HostReply } from './host.ts'
import { respond } from './respond.ts'

/** One request on its way through the gateway. */
export type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  /** As it came, percent-encoded. */
  readonly path: string
  /** Query without its question mark. */
  readonly search: string
  readonly callId: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Of the call as a whole; it ends with the connection's part in it. */
  readonly span: Span
}

/** An id from outside is kept only when it can stand in a header, a log line and a URL. */
const SANE_CALL_ID = /^[\w.:-]{1,128}$/

export const begin = (request: IncomingMessage, response: ServerResponse): Exchange => {
  const { url = '/', method = 'GET', headers } = request
  const mark = url.indexOf('?')
  const given = headers['x-call-id']
  const path = mark === -1 ? url : url.slice(0, mark)
  return {
    request, response, method, path,
    search: mark === -1 ? '' : url.slice(mark + 1),
    callId: typeof given === 'string' && SANE_CALL_ID.test(given) ? given : randomUUID(),
    startedAt: Date.now(),
    span: spanOf(request, response, path),
  }
}

/**
 * A delivery goes on with the dispatcher's trace as it is; the edge lets no signature through, and a wrong one is refused before anything
 * runs. Of anybody else's trace we decide ourselves whether to record it.
 */
const spanOf = (request: IncomingMessage, response: ServerResponse, path: string): Span => {
  const { method = 'GET', headers } = request
  const given = typeof headers['traceparent'] === 'string' ? headers['traceparent'] : undefined
  const route = /^\/(?:async-)?function\/[^/]+|^\/[^/]*/.exec(path)?.[0] ?? '/'
  const span = beginSpan(`${method} ${route}`, {
    kind: 'server', parent: headers[SIGNATURE_HEADER] === undefined ? fromOutside(given, isSampled()) : (given ?? null),
    attributes: { 'http.request.method': method, 'http.route': route, 'url.path': path.slice(0, 200), 'url.scheme': 'http' },
  })
  response.once('close', () => {
    span.set({ 'http.response.status_code': response.statusCode })
    if (response.statusCode >= 500) span.fail(String(response.statusCode))
    span.end()
  })
  return span
}

/** Headers that tell a function, and its caller, which call this is. `X-Start-Time` is in nanoseconds. */
export const callHeaders = ({ callId, startedAt }: Exchange): Record<string, string> => ({ 'x-call-id': callId, 'x-start-time': `${startedAt}000000` })

/** Sends the reply with the gateway's own headers, the trace among them (W3C Trace Context Level 2, `traceresponse`). Rejects as `respond`. */
export const send = (exchange: Exchange, reply: HostReply, servedBy: string): Promise<void> =>
  respond(exchange.response, reply, {
    ...callHeaders(exchange),
    traceresponse: exchange.span.traceparent,
    'x-duration-seconds': ((Date.now() - exchange.startedAt) / 1_000).toFixed(3),
    'x-served-by': servedBy,
  })
