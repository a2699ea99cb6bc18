import type { JsMsg } from '@nats-io/jetstream'
import { retryAfterMs } from '../../dispatcher/verdict.ts'
import { inWords, isDelivered, type Outbound, type Outcome } from '../../outbound/port.ts'
import { NAMESPACE } from '../function-spec.ts'
import type { Registry } from '../registry.ts'
import type { Seal } from '../seal.ts'
import { resultHeadSchema, unpack, type ResultHead } from './envelope.ts'
import { retryPolicyOf, waitMs } from './retry-policy.ts'
import type { Verdict } from './work.ts'

export type CallbacksOptions = { readonly registry: Registry; readonly seal: Seal; readonly outbound: Outbound }

/** POSTs results to their callbacks. One that is away is asked again, as often and as late as the function's retry policy says. */
export const callbackHandler = ({ registry, seal, outbound }: CallbacksOptions) => async (message: JsMsg, attempt: number): Promise<Verdict> => {
  let taken
  try {
    taken = unpack(seal, resultHeadSchema, message.data)
  } catch (error) {
    return { verdict: 'park', reason: `it cannot be read: ${String(error)}` }
  }
  const { head, body } = taken
  const outcome = await outbound.send({ url: head.callback, headers: headersOf(head), body })
  if (isDelivered(outcome)) return { verdict: 'done' }
  const policy = retryPolicyOf(registry.find(head.name, head.namespace)?.spec.annotations ?? {})
  if (!mayPass(outcome) || attempt >= policy.attempts) return { verdict: 'park', reason: `callback ${inWords(outcome)}` }
  return { verdict: 'again', delayMs: waitMs(policy, attempt, outcome.kind === 'answered' ? retryAfterMs(outcome.retryAfter, Date.now()) : null) }
}

/** Whether asking again may help: not where we may not call, nor where the answer was about the request. */
const mayPass = (outcome: Outcome): boolean =>
  outcome.kind === 'unreachable' || outcome.kind === 'silent' || (outcome.kind === 'answered' && (outcome.status >= 500 || [408, 425, 429].includes(outcome.status)))

const headersOf = ({ callId, name, namespace, status, seconds, contentType }: ResultHead): Record<string, string> => ({
  ...(contentType === null ? {} : { 'content-type': contentType }),
  'x-call-id': callId,
  'x-duration-seconds': seconds.toFixed(3),
  'x-function-status': String(status),
  'x-function-name': namespace === NAMESPACE ? name : `${name}.${namespace}`,
})
