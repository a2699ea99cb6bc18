import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FunctionReply } from '../functions/run-handler.ts'
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
}

/** An id from outside is kept only when it can stand in a header, a log line and a URL. */
const SANE_CALL_ID = /^[\w.:-]{1,128}$/

export const begin = (request: IncomingMessage, response: ServerResponse): Exchange => {
  const { url = '/', method = 'GET', headers } = request
  const mark = url.indexOf('?')
  const given = headers['x-call-id']
  return {
    request, response, method,
    path: mark === -1 ? url : url.slice(0, mark),
    search: mark === -1 ? '' : url.slice(mark + 1),
    callId: typeof given === 'string' && SANE_CALL_ID.test(given) ? given : randomUUID(),
    startedAt: Date.now(),
  }
}

/** Headers that tell a function, and its caller, which call this is. `X-Start-Time` is in nanoseconds. */
export const callHeaders = ({ callId, startedAt }: Exchange): Record<string, string> => ({ 'x-call-id': callId, 'x-start-time': `${startedAt}000000` })

/** Sends the reply with the gateway's own headers. Rejects as `respond`. */
export const send = (exchange: Exchange, reply: FunctionReply, servedBy: string): Promise<void> =>
  respond(exchange.response, reply, {
    ...callHeaders(exchange),
    'x-duration-seconds': ((Date.now() - exchange.startedAt) / 1_000).toFixed(3),
    'x-served-by': servedBy,
  })
