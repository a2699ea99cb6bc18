import { jetstream, jetstreamManager, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Subscription, Verdict } from '../event-store/port.ts'
import { randomId } from '../ids.ts'
import { logger, type Log } from '../log.ts'
import { fromDelivered } from './delivered.ts'
import { ensureDurable, PULL_MS, READERS } from './durable.ts'
import { Gate } from './gate.ts'
import { Lanes } from './lanes.ts'
import { lookAt } from './look.ts'
import { openMarkers } from './overflow/markers.ts'
import { Overflow, type Item } from './overflow/overflow.ts'
import { park } from './park.ts'
import { watchPin } from './pin.ts'
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
 * A durable consumer group over one stream: in order per key, parallel across keys, at least once. The key is the subject in
 * EVENTS, its last token elsewhere. One active reader among all processes (pinned client); another takes over within seconds when
 * it falls silent, at once when it closes. A message to be retried stays with this reader, which tells the broker that it is alive;
 * a handler that throws is retried after a second. Attempts begin at the broker's count of deliveries, so they outlive a reader.
 * A key of EVENTS with much to do overflows (overflow/), so that others are never starved.
 */
export const consumerGroup = async (nc: NatsConnection, options: ConsumerGroupOptions, handle: GroupHandler): Promise<Subscription> => {
  const { stream, group, accept = () => true, replicas = 1, ackWaitMs = 4_000, log = logger(`group ${group}`) } = options
  const js = jetstream(nc)
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  const receipts = new Receipts()
  const closing = new AbortController()
  // the other streams hold one message a subject: there is no order to keep, and little to wait for
  const isOrdered = stream === STREAM.events
  const keyOf = isOrdered ? (subject: string) => subject : lastToken
  const hears = (subject: string): boolean => options.subjects.some((pattern) => subjectMatches(pattern, subject))
  const pinned = async (): Promise<string> => (await lookAt(jsm, stream, group)).pin

  const lanes = new Lanes<Item>({
    concurrency: options.concurrency ?? 64,
    held: (key) => !overflow.has(key) && gate.holds(key),
    handle: async ({ message: { message }, attempt }) => {
      try {
        return await handle(message, attempt)
      } catch (error) {
        log.error({ err: error, subject: message.subject }, 'the handler threw')
        return { verdict: 'retry', delayMs: 1_000, reason: String(error) }
      }
    },
    onRetry: (work, reason) => void (isOrdered && overflow.failed(work, reason)),
    settle: async (work, verdict) => {
      if (verdict.verdict === 'park' && !(await parked(work.message.message, verdict.reason, work.attempt))) return
      if (work.message.delivery) receipts.settle(work.message.delivery)
      overflow.settled(work)
    },
  })

  const overflow = new Overflow({
    jsm, stream, lanes, receipts, hears, accept, log,
    markers: openMarkers(nc, jsm, { group, stream, replicas }),
    held: (key) => gate.holds(key),
    push: (message) => push(message),
    isActive: async () => (await pinned()) === receipts.pin,
    reader: randomId(),
  })

  const gate = new Gate({
    jsm, stream, group, keyOf, hears, log,
    has: (sequence) => receipts.has(sequence),
    heldUpTo: (delivery) => receipts.heldUpTo(delivery),
    recall: () => overflow.recall(),
    onOpen: () => lanes.start(),
  })

  /** False when it closed before the message could be parked: then the next reader does it. */
  const parked = async (message: GroupMessage, reason: string, attempts: number): Promise<boolean> => {
    while (!closing.signal.aborted) {
      try {
        await park(nc, { group, stream, message, reason, attempts })
        log.warn({ subject: message.subject, sequence: message.sequence, attempts, reason }, 'parked')
        return true
      } catch (error) {
        log.error({ err: error, subject: message.subject }, 'cannot park yet')
        await sleep(500, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
    return false
  }

  const push = (delivery: JsMsg): void => {
    const message = fromDelivered(delivery)
    if (!accept(message)) return receipts.settle(delivery)
    const key = keyOf(delivery.subject)
    lanes.push({ key, sequence: delivery.seq, message: { message, delivery }, attempt: delivery.info.deliveryCount })
    if (isOrdered) overflow.consider(key)
  }

  const receive = (delivery: JsMsg): void => {
    const isNew = receipts.take(delivery)
    if (isOrdered) gate.saw(receipts.pin, delivery.info.deliverySequence)
    if (isNew && !overflow.takes(delivery)) push(delivery)
    if (isOrdered) gate.placed(delivery.subject, delivery.seq)
  }

  /** What another reader waits for goes back; what is being handled is acked when it is done. */
  const stepDown = (): void => {
    const handled = lanes.clear()
    if (receipts.count > handled.length) log.warn({ held: receipts.count, handled: handled.length }, 'another reader is the active one')
    overflow.stepDown()
    receipts.giveBack(new Set(handled.map(({ sequence }) => sequence)))
  }

  const unpin = async (): Promise<void> => {
    await jsm.consumers.unpin(stream, group, READERS).catch((error: unknown) => log.debug({ err: error }, 'nothing to unpin'))
  }

  const consume = async (): Promise<ConsumerMessages> => {
    await ensureStream(jsm, stream, { replicas })
    const info = await ensureDurable(jsm, { stream, name: group, subjects: options.subjects, from: options.from ?? 'start', ackWaitMs })
    // nobody asks for messages: the pin, if there is one, is a dead reader's and would keep us waiting until it runs out
    if (info.num_waiting === 0) await unpin()
    const messages = await js.consumers.getConsumerFromInfo(info).consume({
      callback: receive, group: READERS, max_messages: BUFFERED, expires: PULL_MS, idle_heartbeat: PULL_MS / 2, abort_on_missing_resource: true,
    })
    void watchPin(messages, { ours: () => receipts.pin, holds: () => receipts.count > 0, theirs: pinned, onLost: stepDown, signal: closing.signal, log })
    return messages
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
      await overflow.close(CLOSE_OVERFLOW_MS)
      if (nc.isClosed()) return
      receipts.giveBack()
      await unpin()
    },
  }
}

/** Messages on their way to this reader at most. */
const BUFFERED = 500
const CLOSE_OVERFLOW_MS = 2_000

const lastToken = (subject: string): string => subject.slice(subject.lastIndexOf('.') + 1)
