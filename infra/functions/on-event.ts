import type { Metadata } from '../../events/envelope.ts'

/** What a reaction gets besides the data: where the event came from, and what its own appends must carry on. */
export type Cause = {
  readonly id: string
  readonly type: string
  readonly subject: string
  /** Position in the event store; for hits and timers the sequence in their own stream. */
  readonly sequence: string
  readonly revision: number | null
  readonly at: string
  readonly attempt: number
  /** Metadata for events that follow: same correlation, caused by this event, actor `function:<name>`. */
  readonly metadata: Metadata
}
