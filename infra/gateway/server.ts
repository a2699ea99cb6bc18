import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { CatalogueError, failure } from '../../events/errors.ts'
import type { FunctionCall } from '../functions/function-event.ts'
import { problemReply } from '../functions/problem.ts'
import { runHandler, type FunctionReply } from '../functions/run-handler.ts'
import type { Log } from '../log.ts'
import { isGatewayUser } from './access.ts'
import type { AsyncQueue } from './async/queue.ts'
import { declaredBytes, readBody } from './body.ts'
import { answerClientErrors, bounds, type Patience } from './client-error.ts'
import { CallerGone, deadline } from './deadline.ts'
import { begin, callHeaders, send, type Exchange } from './exchange.ts'
import type { HostReply } from './host.ts'
import { invoke, type Invocation } from './invoke.ts'
import { inTheCallersWords } from './plain-problem.ts'
import { systemApi, type SystemParts } from './system-api.ts'

export type GatewayOptions = Invocation & SystemParts & {
  readonly queue: AsyncQueue
  /** What `GET /metrics` tells, in Prometheus' text format. */
  readonly scrape: () => Promise<string>
  /** Sent as X-Served-By. */
  readonly servedBy: string
  readonly patience?: Patience
  readonly log: Log
}

/** The gateway: the OpenFaaS REST API under /system, functions under /function and /async-function, /healthz, /metrics. Not yet listening. */
export const createGateway = (options: GatewayOptions): Server => {
  const { keys, bodyLimitBytes, timeoutSeconds, servedBy, queue, scrape, patience = {}, log } = options
  const authorize = (headers: { readonly authorization?: string | undefined }) => {
    if (!isGatewayUser(headers.authorization, keys)) throw failure('BASIC_AUTH_REQUIRED')
  }
  const system = systemApi(options, ({ authorization }) => authorize({ authorization }))
  const callSystem = async (exchange: Exchange): Promise<FunctionReply> => {
    const reply = await runHandler(system, await systemCall(exchange, bodyLimitBytes), { name: 'gateway', environment: {} })
    return inTheCallersWords(exchange.request.headers, reply)
  }
  const metrics = async ({ request, method, path }: Exchange): Promise<FunctionReply> => {
    authorize(request.headers)
    if (method !== 'GET' && method !== 'HEAD') throw failure('METHOD_NOT_ALLOWED', { method, path, allowed: 'GET, HEAD' })
    return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: Buffer.from(await scrape()) }
  }

  const answer = async (exchange: Exchange): Promise<HostReply> => {
    const { path, response } = exchange
    if (path.startsWith('/function/')) return invoke(exchange, options, (name) => deadline(response, name, timeoutSeconds))
    if (path.startsWith('/async-function/')) return queue.accept(exchange)
    if (path.startsWith('/system/')) return callSystem(exchange)
    if (path === '/healthz') return HEALTHY
    if (path === '/metrics') return metrics(exchange)
    throw failure('NOT_FOUND', { path })
  }
  const refuse = async (exchange: Exchange, error: unknown): Promise<void> => {
    const { response, request, callId } = exchange
    if (isCallerGone(error) || request.errored) return
    if (!(error instanceof CatalogueError)) log.error({ err: error, callId, path: exchange.path }, 'a request failed')
    else if (response.headersSent) log.warn({ code: error.code, callId, path: exchange.path }, 'an answer broke off')
    if (response.headersSent) return void response.destroy()
    const { status, headers, body } = problemReply(error, callId)
    await send(exchange, { status, headers, body: Buffer.from(JSON.stringify(body)) }, servedBy)
  }
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const exchange = begin(request, response)
    const { socket } = request
    // a reader that takes nothing holds nothing for ever; a connection that is idle between calls is the caller's to close
    response.setTimeout(patience.stalledMs ?? timeoutSeconds * 1_000 + STALLED_MS, () => void (response.headersSent && socket.destroy()))
    response.once('close', () => socket.setTimeout(0))
    answer(exchange)
      .then((reply) => send(exchange, reply, servedBy))
      .catch((error: unknown) => refuse(exchange, error))
      .catch((error: unknown) => log.error({ err: error, callId: exchange.callId }, 'a refusal could not be sent'))
  }

  // Connections are the callers' to close: one that the gateway closed for being idle would break the next delivery sent on it.
  const server = createServer({ keepAliveTimeout: 0, keepAlive: true, noDelay: true, ...bounds(patience) }, serve)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (declaredBytes(request) <= bodyLimitBytes) response.writeContinue()
    serve(request, response)
  })
  server.on('checkExpectation', serve) // one that nobody knows may be passed over (RFC 9110, section 10.1.1)
  answerClientErrors(server, patience)
  return server
}

/** A connection on which no byte moved for so much longer than any function may be silent is cut, milliseconds. */
const STALLED_MS = 10_000

const HEALTHY: FunctionReply = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from('OK') }

const systemCall = async (exchange: Exchange, limit: number): Promise<FunctionCall> => {
  const { request, response, method, path, search } = exchange
  const body = await readBody(exchange, limit)
  const headers = { ...(request.headers as FunctionCall['headers']), ...callHeaders(exchange) }
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  return { method, path, search, headers, body, signal: gone.signal }
}

const isCallerGone = (error: unknown): boolean =>
  error instanceof CallerGone || (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')
