import type { DeliveryHead } from '../delivery/cloud-event.ts'
import type { Verdict } from '../event-store/port.ts'
import type { Deliver } from './deliver.ts'
import { toVerdict } from './verdict.ts'

/** One attempt to hand an event to whoever takes the events of a group: a function, or another service's endpoint. */
export type Receiver = (head: DeliveryHead, body: Uint8Array) => Promise<Verdict>

/** A function; one that is gone is answered for by the gateway. */
export const functionReceiver = (name: string, deliver: Deliver, maxAttempts: number): Receiver => async (head, body) => {
  const outcome = await deliver(name, head, body)
  // an event on its way waits for the function to come back; here somebody waits for an answer
  if (outcome.kind === 'answered' && outcome.problem.code === 'FUNCTION_NOT_FOUND') {
    return { verdict: 'park', reason: `nobody takes events as ${name} any more: deploy a function of that name and redrive, or discard it` }
  }
  return toVerdict(outcome, { attempt: head.attempt, maxAttempts, nowMs: Date.now(), random: Math.random })
}
