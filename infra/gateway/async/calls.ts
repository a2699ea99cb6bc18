import type { JetStreamClient, JsMsg } from '@nats-io/jetstream'
import { failure, toProblem } from '../../../events/errors.ts'
import { retryAfterMs } from '../../dispatcher/verdict.ts'
import { subject } from '../../nats/subjects.ts'
import type { HostReply } from '../host.ts'
import { run, type Invocation } from '../invoke.ts'
import type { Seal } from '../seal.ts'
import { callHeadSchema, pack, unpack, type CallHead } from './envelope.ts'
import { retryPolicyOf, waitMs } from './retry-policy.ts'
import type { Verdict } from './work.ts'

export type CallsOptions = Invocation & {
  readonly js: JetStreamClient
  readonly seal: Seal
  /** Largest result that is kept for a callback, bytes. */
  readonly resultLimitBytes: () => number
}

type Outcome = { readonly status: number; readonly contentType: string | null; readonly body: Uint8Array; readonly retryAfter: string | undefined }

/**
 * Runs queued calls. A call that could not be answered (the statuses of its retry policy) is tried again, and parked after its last
 * attempt. Its result, the last one, is stored before the call leaves the queue, so that it is told even if this gateway ends.
 */
export const callHandler = (options: CallsOptions) => async (message: JsMsg, attempt: number): Promise<Verdict> => {
  const { registry, js, seal, resultLimitBytes } = options
  let taken
  try {
    taken = unpack(seal, callHeadSchema, message.data)
  } catch (error) {
    return { verdict: 'park', reason: `it cannot be read: ${String(error)}` }
  }
  const { head, body } = taken
  const deployed = registry.find(head.name, head.namespace)
  const began = performance.now()
  const outcome = deployed
    ? await attempted(head.name, options.timeoutSeconds, (signal) => run({ ...head, body, signal }, deployed, options), resultLimitBytes())
    : problem(failure('FUNCTION_NOT_FOUND', { name: head.name }), head.callId) // removed since
  const policy = retryPolicyOf(deployed?.spec.annotations ?? {})
  const isToRetry = policy.codes.has(outcome.status)
  if (isToRetry && attempt < policy.attempts) return { verdict: 'again', delayMs: waitMs(policy, attempt, retryAfterMs(outcome.retryAfter, Date.now())) }
  if (head.callback !== null) await storeResult(js, seal, head, head.callback, outcome, (performance.now() - began) / 1_000, message.seq)
  return isToRetry ? { verdict: 'park', reason: `answered ${outcome.status} at attempt ${attempt}, the last` } : { verdict: 'done' }
}

const storeResult = async (js: JetStreamClient, seal: Seal, { callId, name, namespace }: CallHead, callback: string, outcome: Outcome, seconds: number, sequence: number) => {
  const { status, contentType, body } = outcome
  // a call that ran again after a crash tells its result once, as long as the broker remembers
  await js.publish(subject.asyncResult(namespace, name), pack(seal, { callId, name, namespace, status, seconds, contentType, callback }, body), { msgID: `result:${sequence}` })
}

/** One attempt, within the time a function has for all of its answer. Never rejects. */
const attempted = async (name: string, seconds: number, call: (signal: AbortSignal) => Promise<HostReply>, limit: number): Promise<Outcome> => {
  const ending = new AbortController()
  const over = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const timeout = failure('FUNCTION_TIMEOUT', { name, seconds })
    ending.abort(timeout)
    over.reject(timeout)
  }, seconds * 1_000)
  try {
    return await Promise.race([call(ending.signal).then((reply) => collected(reply, limit)), over.promise])
  } catch (error) {
    return problem(error)
  } finally {
    clearTimeout(timer)
    ending.abort()
  }
}

const collected = async ({ status, headers, body }: HostReply, limit: number): Promise<Outcome> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    size += chunk.byteLength
    if (size > limit) return { ...problem(failure('BODY_TOO_LARGE', { limit })), status }
    chunks.push(chunk)
  }
  return { status, contentType: single(headers['content-type']) ?? null, body: Buffer.concat(chunks), retryAfter: single(headers['retry-after']) }
}

const single = (value: string | readonly string[] | undefined): string | undefined => (typeof value === 'object' ? value[0] : value)

const problem = (error: unknown, callId?: string): Outcome => {
  const body = toProblem(error, callId)
  return { status: body.status, contentType: 'application/problem+json', body: Buffer.from(JSON.stringify(body)), retryAfter: undefined }
}
