import type { NatsConnection } from '@nats-io/transport-node'
import type { Subscription, Verdict } from '../event-store/port.ts'
import type { Log } from '../log.ts'
import type { StreamMessage } from './wire.ts'
import type { STREAM } from './subjects.ts'

/** A message as a group gets it: `decodeMessage` (wire.ts) takes it apart. */
export type GroupMessage = StreamMessage & { /** Deliveries before this one; 0 at the first. */ readonly redeliveries: number }

export type ConsumerGroupOptions = {
  readonly stream: (typeof STREAM)['events' | 'hits' | 'timers']
  /** Name of the durable consumer; all who read under it share its position, one of them at a time. [a-z0-9-] */
  readonly group: string
  /** Subjects to hear, wildcards allowed. */
  readonly subjects: readonly string[]
  /** Whether a message is of interest; others are acked unseen. All by default. */
  readonly accept?: (message: GroupMessage) => boolean
  /** Keys handled at the same time. 64 by default. */
  readonly concurrency?: number
  /** Where a new group begins; 'start' by default. */
  readonly from?: 'start' | 'end'
  /** What is kept in order: the last token of the subject by default. */
  readonly keyOf?: (subject: string) => string
  /** Milliseconds without a sign of life after which another reader gets what this one held. 10 s by default. */
  readonly ackWaitMs?: number
  readonly replicas?: number
  readonly log?: Log
}

/** `attempt` is 1 at the first counted attempt. */
export type GroupHandler = (message: GroupMessage, attempt: number) => Promise<Verdict>

/**
 * A durable consumer group over one stream: in order per key, parallel across keys, at least once. One active reader among
 * all processes (pinned client), with failover. A handler that throws counts as `retry` after a second.
 */
export const consumerGroup = async (_connection: NatsConnection, _options: ConsumerGroupOptions, _handle: GroupHandler): Promise<Subscription> => {
  throw new Error('not built yet')
}
