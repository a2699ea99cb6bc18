import type { Metadata } from '../../events/envelope.ts'
import type { Message } from '../../events/messages.ts'

/**
 * Durable timers on JetStream schedules (stream TIMERS). A timer that is due is delivered like an event to the functions
 * whose topic holds `timers.due.<key>`; it may be late, and it may come twice.
 */
export type Timers = {
  /** Sets or replaces the timer `key` ([a-zA-Z0-9._-], dots are subject tokens): `message` is delivered at `at` (RFC 3339). @throws STORE_UNAVAILABLE */
  schedule(key: string, at: string, message: Message, metadata: Metadata): Promise<void>
  /** Takes it back if it is not yet due; unknown keys are fine. @throws STORE_UNAVAILABLE */
  cancel(key: string): Promise<void>
}
