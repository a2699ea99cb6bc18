import { streamId } from '../../events/envelope.ts'
import { CatalogueError, kindOf } from '../../events/errors.ts'
import * as decide from '../../events/parked/decide.ts'
import type { Letter } from '../../events/parked/state.ts'
import type { Letters } from '../aggregates/letters.ts'
import type { Delivered, Verdict } from '../event-store/port.ts'
import type { Payloads } from '../letters/port.ts'
import type { Log } from '../log.ts'
import { decodeMessage } from '../nats/wire.ts'
import type { Receiver } from './receiver.ts'
import { oneLine } from './verdict.ts'

export type Redriving = {
  readonly letters: Letters
  readonly payloads: Payloads
  /** Who takes the events of a group. */
  readonly receiverOf: (group: string) => Receiver
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
    return receiverOf(letter.group)({ ...head, attempt }, message.data)
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

/** What is no event could never be taken. */
const unreadable = (error: unknown): Verdict => {
  if (error instanceof CatalogueError && error.kind === 'poison') return { verdict: 'park', reason: error.message }
  throw error
}
