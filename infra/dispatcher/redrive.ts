import { streamId } from '../../events/envelope.ts'
import { CatalogueError, kindOf } from '../../events/errors.ts'
import * as decide from '../../events/parked/decide.ts'
import type { Letter } from '../../events/parked/state.ts'
import type { Letters } from '../aggregates/letters.ts'
import type { DeliveryHead } from '../delivery/cloud-event.ts'
import type { Delivered, Verdict } from '../event-store/port.ts'
import type { Payloads } from '../letters/port.ts'
import type { Log } from '../log.ts'
import { decodeMessage } from '../nats/wire.ts'
import { oneLine, toVerdict, type Outcome } from './verdict.ts'

/** Who takes the events of a group: a function, or whatever else is delivered to. */
export type Receiver = {
  readonly deliver: (head: DeliveryHead, body: Uint8Array) => Promise<Outcome>
  /** Counted attempts until an event is parked. */
  readonly maxAttempts: number
}
export type Redriving = {
  readonly letters: Letters
  readonly payloads: Payloads
  /** null: nobody of that name takes events. */
  readonly receiverOf: (group: string) => Receiver | null
  readonly log: Log
}

/**
 * The reaction to RedriveRequested: the letter is delivered exactly as it was the first time (same id, same sequence, signed), its
 * attempts counted anew. What comes of it follows on the letter's own stream: EventRedriven, or EventParked with the new reason.
 * It decides from the loaded letter: a second delivery after that is nothing, one that crashed before it delivers again, which is
 * harmless, as functions too decide from what they load.
 */
export const redriveReaction = ({ letters, payloads, receiverOf, log }: Redriving) => {
  const tried = async (letter: Letter, attempt: number): Promise<Verdict> => {
    const message = await payloads.read(letter)
    if (!message) return { verdict: 'park', reason: 'its payload is not in the stream PARKED' }
    const { data: _, ...head } = decodeMessage(message)
    const receiver = receiverOf(letter.group)
    if (!receiver) return { verdict: 'park', reason: gone(letter.group) }
    const outcome = await receiver.deliver({ ...head, attempt }, message.data)
    // for an event on its way this is waited out; here somebody waits for an answer
    if (outcome.kind === 'answered' && outcome.problem.code === 'FUNCTION_NOT_FOUND') return { verdict: 'park', reason: gone(letter.group) }
    return toVerdict(outcome, { attempt, maxAttempts: receiver.maxAttempts, nowMs: Date.now(), random: Math.random })
  }

  return async ({ event, attempt }: Delivered): Promise<Verdict> => {
    const about = { letterId: streamId(event.stream), attempt }
    try {
      const { letter } = await letters.load(about.letterId)
      if (letter.state !== 'redriving' || letter.revision !== event.revision) return ACK // it has come to its end before
      const verdict = await tried(letter, attempt).catch(unreadable)
      if (verdict.verdict === 'retry') {
        log.warn({ ...about, group: letter.group, reason: verdict.reason, delayMs: verdict.delayMs }, 'a redrive failed; again later')
        return verdict
      }
      const at = new Date().toISOString()
      const end = verdict.verdict === 'ack'
        ? (now: Letter) => decide.redriven({ at, attempts: attempt }, now)
        : (now: Letter) => decide.parkAgain({ at, attempts: attempt, reason: oneLine(verdict.reason) }, now)
      const { correlationId, traceparent } = event.metadata
      await letters.change(about.letterId, end, event.id, { correlationId, causationId: event.id, actor: 'dispatcher', ...(traceparent === undefined ? {} : { traceparent }) })
      if (verdict.verdict === 'park') log.error({ ...about, group: letter.group, reason: verdict.reason }, 'parked again')
      return ACK
    } catch (error) {
      if (kindOf(error) === 'rejected') return { verdict: 'park', reason: String(error) } // no letter: somebody wrote past it
      // says nothing about the letter: whatever was delivered is delivered again
      log.warn({ ...about, err: error }, 'a redrive could not be finished; again later')
      return { verdict: 'retry', delayMs: AGAIN_MS, reason: String(error), counted: false }
    }
  }
}

const ACK: Verdict = { verdict: 'ack' }
const AGAIN_MS = 500

const gone = (group: string): string => `nobody takes events as ${group} any more: deploy a function of that name and redrive, or discard it`

/** What is no event could never be taken. */
const unreadable = (error: unknown): Verdict => {
  if (error instanceof CatalogueError && error.kind === 'poison') return { verdict: 'park', reason: error.message }
  throw error
}
