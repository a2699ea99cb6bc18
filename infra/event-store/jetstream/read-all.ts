import { DeliverPolicy, jetstream, type Consumer, type JsMsg } from '@nats-io/jetstream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedEvent } from '../../../events/envelope.ts'
import { CatalogueError } from '../../../events/errors.ts'
import { LostAnswer } from '../../nats/lost-answers.ts'
import { STREAM } from '../../nats/subjects.ts'
import { fromDelivered } from '../../nats/delivered.ts'
import { unavailable } from '../../nats/unavailable.ts'
import type { ReadAllOptions } from '../port.ts'
import { toRecorded, type Broker } from './broker.ts'

/** Events in the order of the stream, by an ordered consumer that is made again at the next sequence when it breaks. */
export async function* readAll(broker: Broker, options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
  const { follow = false, signal } = options
  const end = follow ? Number.POSITIVE_INFINITY : await lastSequence(broker)
  let after = Number(options.after ?? 0)
  while (after < end && !signal?.aborted) {
    try {
      for await (const message of messages(broker, options, after, end)) {
        if (message.seq <= after) continue
        after = message.seq
        const event = read(message, options)
        if (event) yield event
        if (signal?.aborted) return
      }
      return
    } catch (error) {
      if (error instanceof LostAnswer) continue
      // a poisonous event and a reader that does not follow hear of it; a follower waits for the broker
      const failure = unavailable(error)
      if (!follow || failure.code !== 'STORE_UNAVAILABLE') throw failure
      await sleep(RETRY_MS)
    }
  }
}

/** Null for what the reader passes over. @throws MALFORMED_EVENT, UNKNOWN_EVENT */
const read = (message: JsMsg, { unreadable }: ReadAllOptions): RecordedEvent | null => {
  try {
    return toRecorded(fromDelivered(message))
  } catch (error) {
    if (!unreadable || !(error instanceof CatalogueError)) throw error
    unreadable(error, String(message.seq))
    return null
  }
}

const RETRY_MS = 100
const BUFFERED = 1_000

export const lastSequence = async ({ ask, jsm }: Broker): Promise<number> => (await ask(() => jsm.streams.info(STREAM.events))).state.last_seq

/** Ends at the end or when told to; @throws LostAnswer when it was interrupted. */
async function* messages(broker: Broker, options: ReadAllOptions, after: number, end: number): AsyncIterable<JsMsg> {
  const { connection } = broker
  const { signal, begins } = options
  const sifted = siftedHere(options)
  const consumer = await ordered(broker, sifted ? {} : options, after)
  const ends = Number.isFinite(end)
  const left = ends ? await (sifted ? leftOf(broker, options, after) : pendingOf(consumer)) : null
  begins?.(left)
  if (left === 0 || signal?.aborted) return void (await consumer.delete().catch(() => false))
  const delivered = await consumer.consume({ max_messages: BUFFERED })
  const stop = (): void => void delivered.close()
  signal?.addEventListener('abort', stop, { once: true })
  // the client's own recovery of an ordered consumer lost its way when the broker restarted (3.4.0): the caller asks anew
  connection.once('reconnect', stop)
  try {
    if (signal?.aborted) stop() // one that nobody iterates never says that it is closed
    for await (const message of delivered) {
      // a stream that went on meanwhile has its newest event after the end
      if (message.seq > end && options.which !== 'latest') return
      if (!sifted || sifted.has(categoryOf(message))) yield message
      if (ends && message.info.pending === 0) return
    }
    if (!signal?.aborted) throw new LostAnswer('interrupted')
  } finally {
    signal?.removeEventListener('abort', stop)
    connection.off('reconnect', stop)
    await delivered.close()
    await consumer.delete().catch(() => false)
  }
}

/**
 * Several categories, which are taken out of all events here: with several filters the broker searches for each message, which
 * takes twenty times the work of sending the next one (nats-server 2.15, 1,000 streams). Null where the broker does it.
 */
const siftedHere = ({ categories, which }: ReadAllOptions): ReadonlySet<string> | null =>
  categories && categories.length > 1 && which !== 'latest' ? new Set(categories) : null

const categoryOf = ({ subject }: JsMsg): string => subject.slice('events.'.length, subject.indexOf('.', 'events.'.length))

const ordered = ({ nc, ask }: Broker, { categories, which }: ReadAllOptions, after: number): Promise<Consumer> =>
  ask(() => jetstream(nc).consumers.get(STREAM.events, {
    // a start sequence and "newest of each subject" exclude each other: the caller skips what it has
    ...(which === 'latest' ? { deliver_policy: DeliverPolicy.LastPerSubject } : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: after + 1 }),
    filter_subjects: categories ? categories.map((category) => `events.${category}.>`) : ['events.>'],
  }))

/** How many there are of those categories: asked once, of a consumer that reads nothing. */
const leftOf = async (broker: Broker, options: ReadAllOptions, after: number): Promise<number> => {
  const counting = await ordered(broker, options, after)
  try {
    return await pendingOf(counting)
  } finally {
    await counting.delete().catch(() => false)
  }
}

const pendingOf = async (consumer: Consumer): Promise<number> => (await consumer.info()).num_pending
