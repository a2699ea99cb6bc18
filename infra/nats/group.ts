import { jetstream, jetstreamManager, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Subscription, Verdict } from '../event-store/port.ts'
import { logger, type Log } from '../log.ts'
import { onReconnect } from './connect.ts'
import { fromDelivered } from './delivered.ts'
import { ensureDurable, PULL_MS, READERS } from './durable.ts'
import { Gate } from './gate.ts'
import { Lanes } from './lanes.ts'
import { park } from './park.ts'
import { Receipts } from './receipts.ts'
import { ensureStream } from './streams.ts'
import { subjectMatches } from './subject-matches.ts'
import { STREAM } from './subjects.ts'
import type { StreamMessage } from './wire.ts'

/** A message as a group gets it: `decodeMessage` (wire.ts) takes it apart. */
export type GroupMessage = StreamMessage & { /** Deliveries before this one; 0 at the first. */ readonly redeliveries: number }

export type ConsumerGroupOptions = {
  readonly stream: (typeof STREAM)['events' | 'hits' | 'timers' | 'advisories']
  /** Name of the durable consumer; all who read under it share its position, one of them at a time. [a-z0-9-] */
  readonly group: string
  /** Subjects to hear, wildcards allowed. */
  readonly subjects: readonly string[]
  /** Whether a message is of interest; others are acked unseen. All by default. */
  readonly accept?: (message: GroupMessage) => boolean
  /** Keys handled at the same time. 64 by default. */
  readonly concurrency?: number
  /** Where a new group begins; a number is the sequence of its first message. 'start' by default. */
  readonly from?: 'start' | 'end' | number
  /** What is kept in order: the last token of the subject by default. */
  readonly keyOf?: (subject: string) => string
  /** Milliseconds without a sign of life after which another reader gets what this one held. 4 s by default. */
  readonly ackWaitMs?: number
  /** How long `close` waits for handlers, milliseconds. 5 s by default. */
  readonly closeWithinMs?: number
  /** Replicas of the stream, in case it has to be made. */
  readonly replicas?: number
  readonly log?: Log
}

/** `attempt` is 1 at the first counted attempt. */
export type GroupHandler = (message: GroupMessage, attempt: number) => Promise<Verdict>

/**
 * A durable consumer group over one stream: in order per key, parallel across keys, at least once. One active reader among
 * all processes (pinned client); another takes over within seconds when it falls silent, at once when it closes. A message
 * to be retried stays with this reader, which tells the broker that it is alive; a handler that throws is retried after a
 * second. Attempts begin at the broker's count of deliveries, so they outlive a reader.
 */
export const consumerGroup = async (nc: NatsConnection, options: ConsumerGroupOptions, handle: GroupHandler): Promise<Subscription> => {
  const { stream, group, accept = () => true, keyOf = lastToken, ackWaitMs = 4_000, log = logger(`group ${group}`) } = options
  const js = jetstream(nc)
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  const receipts = new Receipts()
  const closing = new AbortController()

  const lanes = new Lanes<JsMsg>({
    concurrency: options.concurrency ?? 64,
    held: (key) => gate.holds(key),
    handle: async ({ message, attempt }) => {
      try {
        return await handle(fromDelivered(message), attempt)
      } catch (error) {
        log.error({ err: error, subject: message.subject }, 'the handler threw')
        return { verdict: 'retry', delayMs: 1_000, reason: String(error) }
      }
    },
    settle: async ({ message, attempt }, verdict) => {
      if (verdict.verdict === 'park' && !(await parked(message, verdict.reason, attempt))) return
      receipts.settle(message)
    },
  })

  const gate = new Gate({
    jsm, stream, group, ackWaitMs, keyOf,
    hears: (subject) => options.subjects.some((pattern) => subjectMatches(pattern, subject)),
    has: (sequence) => receipts.has(sequence),
    held: () => receipts.count,
    onOpen: () => lanes.start(),
    onError: (error) => log.warn({ err: error }, 'what the reader before held is not known'),
  })

  /** False when it closed before the message could be parked: then the next reader does it. */
  const parked = async (message: JsMsg, reason: string, attempts: number): Promise<boolean> => {
    while (!closing.signal.aborted) {
      try {
        await park(nc, { group, stream, message: fromDelivered(message), reason, attempts })
        log.warn({ subject: message.subject, sequence: message.seq, attempts, reason }, 'parked')
        return true
      } catch (error) {
        log.error({ err: error, subject: message.subject }, 'cannot park yet')
        await sleep(500, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
    return false
  }

  const receive = (message: JsMsg): void => {
    const isNew = receipts.take(message)
    // the other streams hold one message a subject: there is no order to keep
    if (stream === STREAM.events) gate.saw(message.info.deliverySequence, fromDelivered(message))
    if (!isNew) return
    if (!accept(fromDelivered(message))) return receipts.settle(message)
    lanes.push({ key: keyOf(message.subject), sequence: message.seq, message, attempt: message.info.deliveryCount })
  }

  onReconnect(nc, async () => gate.reconnected())

  const unpin = async (): Promise<void> => {
    await jsm.consumers.unpin(stream, group, READERS).catch((error: unknown) => log.debug({ err: error }, 'nothing to unpin'))
  }

  const consume = async (): Promise<ConsumerMessages> => {
    await ensureStream(jsm, stream, { replicas: options.replicas ?? 1 })
    const info = await ensureDurable(jsm, { stream, name: group, subjects: options.subjects, from: options.from ?? 'start', ackWaitMs })
    // nobody asks for messages: the pin, if there is one, is a dead reader's and would keep us waiting until it runs out
    if (info.num_waiting === 0) await unpin()
    return await js.consumers.getConsumerFromInfo(info).consume({
      callback: receive, group: READERS, max_messages: BUFFERED, expires: PULL_MS, idle_heartbeat: PULL_MS / 2, abort_on_missing_resource: true,
    })
  }

  let messages = await consume()
  const reading = (async () => {
    while (!closing.signal.aborted) {
      // ends when the consumer is gone: streams in memory vanish with the broker
      const reason = await messages.closed()
      while (!closing.signal.aborted && !nc.isClosed()) {
        try {
          messages = await consume()
          break
        } catch (error) {
          log.warn({ err: error, reason }, 'cannot read yet')
          await sleep(200)
        }
      }
      if (nc.isClosed()) return
    }
    messages.stop()
  })()
  const signOfLife = setInterval(() => receipts.working(), ackWaitMs / 3)

  return {
    close: async () => {
      closing.abort()
      messages.stop()
      await reading
      await lanes.stop(options.closeWithinMs ?? 5_000)
      clearInterval(signOfLife)
      gate.close()
      if (nc.isClosed()) return
      receipts.giveBack()
      await unpin()
    },
  }
}

/** Messages on their way to this reader at most. */
const BUFFERED = 500

const lastToken = (subject: string): string => subject.slice(subject.lastIndexOf('.') + 1)
