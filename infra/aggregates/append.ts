import type { DomainEvent, Metadata, NewEvent } from '../../events/envelope.ts'
import { isFailure } from '../../events/errors.ts'
import { derivedId } from '../ids.ts'

/**
 * Makes decided events ready for the store. Ids are derived from what caused them, so that a reaction that runs twice, or
 * crashed between act and append, writes the same events once.
 * @param cause id of the causing event, or of the request (derived from its Idempotency-Key where there is one)
 */
export const caused = (events: readonly DomainEvent[], cause: string, metadata: Metadata): NewEvent[] =>
  events.map((event, index) => ({ ...event, id: derivedId(cause, event.type, String(index)), metadata }))

/** How often a decision is taken anew when somebody else was first. */
const ATTEMPTS = 8

/**
 * Load, decide, append; on a conflict again from the load, a bounded number of times.
 * @throws WRONG_EXPECTED_REVISION when others were first each time; whatever `attempt` throws otherwise
 */
export const untilNoConflict = async <T>(attempt: () => Promise<T>): Promise<T> => {
  for (let round = 1; ; round += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!isFailure(error, 'WRONG_EXPECTED_REVISION') || round >= ATTEMPTS) throw error
    }
  }
}
