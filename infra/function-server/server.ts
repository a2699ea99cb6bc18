import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { CatalogueError, failure } from '../../events/errors.ts'
import { answerCall, type FunctionReply, type Identity } from '../functions/answer-call.ts'
import type { FunctionCall } from '../functions/function-event.ts'
import { problemReply } from '../functions/problem.ts'
import { declaredBytes, readBody } from '../gateway/body.ts'
import { answerClientErrors, bounds } from '../gateway/client-error.ts'
import { CallerGone, deadline } from '../gateway/deadline.ts'
import { respond } from '../gateway/respond.ts'
import { duringCall } from './calls.ts'
import type { HandlerModule } from './handler-module.ts'
import { told, type Lines } from './lines.ts'
import type { Metrics } from './metrics.ts'
import { isOwn, ownPaths } from './own-paths.ts'
import type { Readiness } from './readiness.ts'
import type { Settings } from './settings.ts'

// imported as a module it would load all of node's fetch with it: 13 MB and 30 ms of every start
const { createServer } = process.getBuiltinModule('node:http')

export type FunctionServerOptions = {
  readonly settings: Settings
  readonly environment: Identity['environment']
  /** Calls that come before it is loaded wait for it. */
  readonly loading: Promise<HandlerModule>
  readonly readiness: Readiness
  readonly metrics: Metrics
  readonly lines: Lines
}

/** More than a gateway takes, which adds some of its own, bytes. */
const MAX_HEADER_BYTES = 32 * 1024
/** A connection on which no byte moved for so much longer than the function may be silent is cut, milliseconds. */
const STALLED_MS = 10_000
/** What a timer can hold, milliseconds. */
const LONGEST_MS = 2 ** 31 - 1
/** An id from outside is kept only when it can stand in a header, a log line and a URL. */
const SANE_CALL_ID = /^[\w.:-]{1,128}$/

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly callId: string; readonly began: number }

/** The server of one function: any path is a call of it, but for its own (own-paths.ts). Not yet listening. */
export const functionServer = (options: FunctionServerOptions): Server => {
  const { settings, environment, loading, readiness, metrics, lines } = options
  const { name, maxBodyBytes, maxInFlight, readTimeoutMs } = settings
  const longestMs = settings.execTimeoutMs || LONGEST_MS
  const patience = { requestMs: readTimeoutMs || 0 }
  const own = ownPaths(readiness, metrics)
  const unexpected = (error: unknown, _: string, callId: string) => lines.error({ ...told(error), callId }, 'the function failed')

  const call = async ({ request, response, callId }: Exchange): Promise<FunctionReply> => {
    if (maxInFlight > 0 && metrics.inFlight() > maxInFlight) throw failure('FUNCTION_BUSY', { name, limit: maxInFlight, retryAfterSeconds: 1 })
    const body = await readBody({ request, response }, maxBodyBytes)
    const { signal, within, chunkwise } = deadline(response, name, longestMs / 1_000)
    const asked: FunctionCall = { ...targetOf(request), headers: { ...(request.headers as FunctionCall['headers']), 'x-call-id': callId }, body, signal }
    const failed = Promise.withResolvers<never>()
    const fail = (error: unknown) => {
      failed.reject(error)
      if (response.headersSent) response.destroy()
    }
    const reply = await duringCall({ id: callId, fail }, () => within(Promise.race([
      loading.then(({ handler }) => answerCall(handler, asked, { name, environment }, unexpected)),
      failed.promise,
    ])))
    return { ...reply, body: chunkwise(reply.body) }
  }
  const send = ({ response, callId, began }: Exchange, reply: FunctionReply): Promise<void> => {
    if (readiness.state() === 'draining') response.setHeader('connection', 'close')
    return respond(response, reply, { 'x-call-id': callId, 'x-duration-seconds': ((performance.now() - began) / 1_000).toFixed(3) })
  }
  const refuse = async (exchange: Exchange, error: unknown): Promise<void> => {
    const { request, response, callId } = exchange
    if (isCallerGone(error) || request.errored) return
    if (!(error instanceof CatalogueError)) unexpected(error, name, callId)
    else if (response.headersSent) lines.warn({ code: error.code, callId }, 'an answer broke off')
    if (response.headersSent) return void response.destroy()
    const { status, headers, body } = problemReply(error, callId)
    await send(exchange, { status, headers, body: Buffer.from(JSON.stringify(body)) })
  }
  const count = ({ request, response, callId, began }: Exchange) => {
    metrics.began()
    response.once('close', () => {
      const seconds = (performance.now() - began) / 1_000
      const { method } = targetOf(request)
      const status = response.writableFinished ? response.statusCode : CALLER_GONE
      metrics.ended(method, status, seconds)
      lines.info({ callId, status, seconds: Number(seconds.toFixed(4)) }, `${method} ${targetOf(request).path.slice(0, 500)}`)
    })
  }
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const given = request.headers['x-call-id']
    const exchange = { request, response, callId: typeof given === 'string' && SANE_CALL_ID.test(given) ? given : randomUUID(), began: performance.now() }
    const isServers = isOwn(request)
    if (!isServers) count(exchange)
    // a reader that takes nothing holds nothing for ever; a connection that is idle between calls is the caller's to close
    response.setTimeout(Math.min(longestMs + STALLED_MS, LONGEST_MS), () => void (response.headersSent && request.socket.destroy()))
    response.once('close', () => request.socket.setTimeout(0))
    const answering = isServers ? own(request) : call(exchange)
    answering
      .then((reply) => send(exchange, reply))
      .catch((error: unknown) => refuse(exchange, error))
      .catch((error: unknown) => lines.error({ ...told(error), callId: exchange.callId }, 'a refusal could not be sent'))
  }

  // Connections are the callers' to close: one that was closed for being idle would break the next call sent on it.
  const server = createServer({ ...bounds(patience), keepAliveTimeout: 0, keepAlive: true, noDelay: true, maxHeaderSize: MAX_HEADER_BYTES }, serve)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (declaredBytes(request) <= maxBodyBytes) response.writeContinue()
    serve(request, response)
  })
  server.on('checkExpectation', serve) // one that nobody knows may be passed over (RFC 9110, section 10.1.1)
  answerClientErrors(server, patience)
  return server
}

/** As nginx has it: the caller went away. */
const CALLER_GONE = 499

const targetOf = ({ method = 'GET', url = '/' }: IncomingMessage): Pick<FunctionCall, 'method' | 'path' | 'search'> => {
  const mark = url.indexOf('?')
  return mark === -1 ? { method, path: url, search: '' } : { method, path: url.slice(0, mark), search: url.slice(mark + 1) }
}

const isCallerGone = (error: unknown): boolean =>
  error instanceof CallerGone || (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')
