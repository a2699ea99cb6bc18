import { failure } from '../../events/errors.ts'
import type { FunctionReply } from '../functions/run-handler.ts'
import { admit, requireWayIn, type Keys } from './access.ts'
import { readBody } from './body.ts'
import { deadline } from './deadline.ts'
import { callHeaders, type Exchange } from './exchange.ts'
import { NAMESPACE } from './function-spec.ts'
import type { FunctionHost } from './host.ts'
import type { Registry } from './registry.ts'

export type Invocation = {
  readonly registry: Registry
  readonly host: FunctionHost
  readonly keys: Keys
  readonly bodyLimitBytes: number
  readonly timeoutSeconds: number
}

/** Calls the function that `/function/NAME[.NAMESPACE]/path` names. @throws FUNCTION_NOT_FOUND, FUNCTION_NOT_READY, FUNCTION_TIMEOUT, NOT_PUBLIC, UNSIGNED_DELIVERY, BODY_TOO_LARGE */
export const invoke = async (exchange: Exchange, { registry, host, keys, bodyLimitBytes, timeoutSeconds }: Invocation): Promise<FunctionReply> => {
  const { request, response, method, search } = exchange
  const { name, path } = target(exchange.path)
  const found = registry.find(name)
  if (!found) throw failure('FUNCTION_NOT_FOUND', { name })
  requireWayIn(found.spec, request.headers, keys)
  const body = await readBody(request, bodyLimitBytes)
  const headers = { ...admit(found.spec, request.headers, body, keys), ...callHeaders(exchange) }
  const time = deadline(response, name, timeoutSeconds)
  found.invocations += 1
  const reply = await time.within(host.invoke(name, { method, path, search, headers, body, signal: time.signal }))
  return { ...reply, body: time.chunkwise(reply.body) }
}

/** `/function/echo.openfaas-fn/a/b` -> `echo`, `/a/b`. @throws FUNCTION_NOT_FOUND for another namespace */
const target = (path: string): { readonly name: string; readonly path: string } => {
  const slash = path.indexOf('/', PREFIX.length)
  const full = path.slice(PREFIX.length, slash === -1 ? undefined : slash)
  const dot = full.indexOf('.')
  if (dot !== -1 && full.slice(dot + 1) !== NAMESPACE) throw failure('FUNCTION_NOT_FOUND', { name: full })
  return { name: dot === -1 ? full : full.slice(0, dot), path: slash === -1 ? '/' : path.slice(slash) }
}

const PREFIX = '/function/'
