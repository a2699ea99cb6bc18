import { failure } from '../../events/errors.ts'
import { SIGNATURE_HEADER } from '../delivery/signature.ts'
import { span } from '../tracing/span.ts'
import { storyOf } from '../tracing/story.ts'
import { admit, requireWayIn, type Keys } from './access.ts'
import { takeBody, readBody } from './body.ts'
import type { Deadline } from './deadline.ts'
import { callHeaders, type Exchange } from './exchange.ts'
import { NAMESPACE } from './function-spec.ts'
import type { FunctionHost, HostCall, HostReply, Upload } from './host.ts'
import type { FunctionMetrics } from './function-metrics.ts'
import type { Sleep } from './sleep/sleep.ts'
import type { Deployed, Registry } from './registry.ts'

export type Invocation = {
  readonly registry: Registry
  readonly host: FunctionHost
  readonly metrics: FunctionMetrics
  readonly sleep: Sleep
  readonly keys: Keys
  readonly bodyLimitBytes: number
  readonly timeoutSeconds: number
}
/** A call that was let in, of a function that is there. */
export type Admitted<Body> = { readonly deployed: Deployed; readonly call: Omit<HostCall, 'signal' | 'body'> & { readonly body: Body } }

/** Calls the function that `/function/NAME[.NAMESPACE]/path` names. @throws as `admitted`, FUNCTION_NOT_READY, FUNCTION_TIMEOUT */
export const invoke = async (exchange: Exchange, invocation: Invocation, time: (name: string) => Deadline): Promise<HostReply> => {
  const { host, bodyLimitBytes } = invocation
  // of a signed delivery all bytes count
  const mayStream = host.streams && exchange.request.headers[SIGNATURE_HEADER] === undefined
  const { deployed, call } = await admitted<Buffer | Upload>(exchange, invocation, '/function/', (from) => (mayStream ? takeBody : readBody)(from, bodyLimitBytes))
  const { signal, within, chunkwise, uploading } = time(deployed.spec.service)
  const body = Buffer.isBuffer(call.body) ? call.body : uploading(call.body)
  const reply = await within(run({ ...call, body, signal }, deployed, invocation))
  return { ...reply, body: chunkwise(reply.body) }
}

/** The function that the path names after `prefix`, and the call with the body that `take` makes of it. @throws FUNCTION_NOT_FOUND, NOT_PUBLIC, UNSIGNED_DELIVERY, BODY_TOO_LARGE */
export const admitted = async <Body extends Buffer | Upload>(
  exchange: Exchange, { registry, keys }: Pick<Invocation, 'registry' | 'keys'>, prefix: string, take: (exchange: Exchange) => Promise<Body>,
): Promise<Admitted<Body>> => {
  const { request, method, search } = exchange
  const { name, namespace, path } = target(exchange.path, prefix)
  const deployed = registry.find(name, namespace)
  if (!deployed) throw failure('FUNCTION_NOT_FOUND', { name: namespace === NAMESPACE ? name : `${name}.${namespace}` })
  requireWayIn(deployed.spec, request.headers, keys)
  const body = await take(exchange)
  const headers = { ...admit(deployed.spec, request.headers, Buffer.isBuffer(body) ? body : UNSIGNED, keys), ...callHeaders(exchange), traceparent: exchange.span.traceparent }
  return { deployed, call: { method, path, search, headers, body } }
}

const UNSIGNED = Buffer.alloc(0)

/** One call, counted, measured and traced; who sleeps wakes first. @throws FUNCTION_NOT_READY */
export const run = (call: HostCall, deployed: Deployed, { registry, host, metrics, sleep }: Pick<Invocation, 'registry' | 'host' | 'metrics' | 'sleep'>): Promise<HostReply> => {
  deployed.invocations += 1
  return span(`function ${deployed.spec.service}`, { ...storyOf(call.headers), kind: 'internal', attributes: { 'faas.invoked_name': deployed.id } }, async (own) => {
    const reply = await metrics.measure(deployed.id, async () => {
      await sleep.called(deployed)
      if (deployed.replicas === 0) await registry.awake(deployed)
      const waits = () => void registry.awake(deployed).catch(() => {}) // the call says itself what came of it
      return host.invoke(deployed.id, { ...call, waits, headers: { ...call.headers, traceparent: own.traceparent } })
    })
    own.set({ 'http.response.status_code': reply.status })
    if (reply.status >= 500) own.fail(String(reply.status))
    return reply
  })
}

/** `/function/echo.openfaas-fn/a/b` -> `echo`, `openfaas-fn`, `/a/b`. */
const target = (path: string, prefix: string): { readonly name: string; readonly namespace: string; readonly path: string } => {
  const slash = path.indexOf('/', prefix.length)
  const full = path.slice(prefix.length, slash === -1 ? undefined : slash)
  const dot = full.indexOf('.')
  return { name: dot === -1 ? full : full.slice(0, dot), namespace: dot === -1 ? NAMESPACE : full.slice(dot + 1), path: slash === -1 ? '/' : path.slice(slash) }
}
