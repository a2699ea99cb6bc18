import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { directBatch } from './direct.ts'
import type { StreamMessage } from './wire.ts'

/** Where a consumer is, all at one moment. */
export type Look = {
  /** Id of the reader that is active; empty when none is. */
  readonly pin: string
  /** Delivered and not acked, to whomever it was delivered. */
  readonly pending: number
  /** Number of the last delivery. */
  readonly delivery: number
  /** Highest sequence of the stream that was delivered. */
  readonly delivered: number
  /** Up to this sequence all is settled. */
  readonly floor: number
}

export const lookAt = async (jsm: JetStreamManager, stream: string, consumer: string): Promise<Look> => {
  const info = await jsm.consumers.info(stream, consumer)
  return {
    pin: pinnedIn(info), pending: info.num_ack_pending, delivery: info.delivered.consumer_seq,
    delivered: info.delivered.stream_seq, floor: info.ack_floor.stream_seq,
  }
}

/** In the answer since nats-server 2.11; the client's types (3.4.0) do not know it. */
const pinnedIn = (info: ConsumerInfo & { readonly priority_groups?: readonly { readonly pinned_client_id?: string }[] }): string =>
  info.priority_groups?.[0]?.pinned_client_id ?? ''

/**
 * What of the stretch between the ack floor and the newest delivery is of interest, by key: what was delivered and may not be
 * settled lies in it. Null when it is too long to be looked at, or when a replica that lags gave less than all of it.
 */
export const windowOf = async (
  jsm: JetStreamManager, stream: string, { floor, delivered }: Look,
  isOfInterest: (sequence: number, subject: string) => boolean, keyOf: (subject: string) => string,
): Promise<Map<string, Set<number>> | null> => {
  if (delivered - floor > MAX_WINDOW) return null
  const found = new Map<string, Set<number>>()
  for (let next = floor + 1; next <= delivered; ) {
    const messages: StreamMessage[] = []
    await directBatch(jsm, stream, { seq: next, batch: Math.min(BATCH, delivered - next + 1) }, messages)
    const last = messages.at(-1)?.sequence
    // nothing is ever deleted from the stream: what is not there has not arrived yet
    if (last === undefined || last - next + 1 !== messages.length) return null
    for (const { sequence, subject } of messages) {
      if (isOfInterest(sequence, subject)) found.set(keyOf(subject), (found.get(keyOf(subject)) ?? new Set()).add(sequence))
    }
    next = last + 1
  }
  return found
}

const MAX_WINDOW = 10_000
const BATCH = 500
