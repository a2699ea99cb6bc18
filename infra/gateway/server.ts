import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { CatalogueError, failure } from '../../events/errors.ts'
import type { FunctionCall } from '../functions/function-event.ts'
import { problemReply } from '../functions/problem.ts'
import { runHandler, type FunctionReply } from '../functions/run-handler.ts'
import type { Log } from '../log.ts'
import { isGatewayUser } from './access.ts'
import { declaredBytes, readBody } from './body.ts'
import { CallerGone } from './deadline.ts'
import { begin, callHeaders, send, type Exchange } from './exchange.ts'
import { invoke, type Invocation } from './invoke.ts'
import { systemApi } from './system-api.ts'

export type GatewayOptions = Invocation & {
  /** Sent as X-Served-By. */
  readonly servedBy: string
  readonly log: Log
}

/** The gateway: the OpenFaaS REST API under /system, functions under /function/NAME[.NAMESPACE]/path, /healthz. Not yet listening. */
export const createGateway = (options: GatewayOptions): Server => {
  const { registry, host, keys, bodyLimitBytes, servedBy, log } = options
  const system = systemApi(registry, host, (headers) => {
    if (!isGatewayUser(headers['authorization'], keys)) throw failure('BASIC_AUTH_REQUIRED')
  })
  const callSystem = async (exchange: Exchange): Promise<FunctionReply> =>
    runHandler(system, await systemCall(exchange, bodyLimitBytes), { name: 'gateway', environment: {} })

  const answer = async (exchange: Exchange): Promise<FunctionReply> => {
    const { path, method } = exchange
    if (path.startsWith('/function/')) return invoke(exchange, options)
    if (path.startsWith('/system/')) return callSystem(exchange)
    if (path === '/healthz') return HEALTHY
    throw path.startsWith('/async-function/') ? failure('NOT_OFFERED', { method, path }) : failure('NOT_FOUND', { path })
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
    answer(exchange)
      .then((reply) => send(exchange, reply, servedBy))
      .catch((error: unknown) => refuse(exchange, error))
      .catch((error: unknown) => log.error({ err: error, callId: exchange.callId }, 'a refusal could not be sent'))
  }

  // Connections are the callers' to close: one that the gateway closed for being idle would break the next delivery sent on it.
  const server = createServer({ keepAliveTimeout: 0, keepAlive: true, noDelay: true }, serve)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (declaredBytes(request) <= bodyLimitBytes) response.writeContinue()
    serve(request, response)
  })
  return server
}

const HEALTHY: FunctionReply = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from('OK') }

const systemCall = async (exchange: Exchange, limit: number): Promise<FunctionCall> => {
  const { request, method, path, search } = exchange
  const body = await readBody(request, limit)
  const headers = { ...(request.headers as FunctionCall['headers']), ...callHeaders(exchange) }
  return { method, path, search, headers, body, signal: new AbortController().signal }
}

const isCallerGone = (error: unknown): boolean =>
  error instanceof CallerGone || (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')
