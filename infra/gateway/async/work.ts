import { AckPolicy, jetstream, jetstreamManager, type Consumer, type JsMsg } from '@nats-io/jetstream'
import { headers, nanos, type NatsConnection } from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import { ensureStream, isApiError } from '../../nats/streams.ts'
import { STREAM, subject } from '../../nats/subjects.ts'

export type Verdict = { readonly verdict: 'done' } | { readonly verdict: 'again'; readonly delayMs: number } | { readonly verdict: 'park'; readonly reason: string }

export type WorkOptions = {
  /** Name of the durable consumer that all gateways share. */
  readonly durable: string
  readonly subjects: string
  /** Messages at the same time, of this gateway. */
  readonly concurrency: number
  readonly replicas: number
  readonly log: Log
  /** `attempt` is 1 at the first. Who throws is tried again. */
  readonly handle: (message: JsMsg, attempt: number) => Promise<Verdict>
}

export type Work = {
  /** Resolves when there is a queue to read. */
  readonly ready: Promise<void>
  /** Takes no more; resolves when what is under way has ended, or had its time. The connection is closed by its owner, then. */
  close(): Promise<void>
}

/** Without a sign of life for so long, another gateway takes it, milliseconds. */
const ACK_WAIT_MS = 12_000
/** One question for a message lasts so long, milliseconds. */
const ASK_MS = 30_000
/** Stands where a message that nobody should have written names no function: a part of a subject is never empty. */
const NOBODY = 'nobody'
const THREW_MS = 5_000
/** What is under way may end, then another gateway takes it, milliseconds. */
const CLOSE_MS = 5_000

/**
 * Works through a part of ASYNC: each message goes to one of all gateways, at least once, and leaves the stream when it is done or
 * parked in ASYNC_PARKED. What waits to be tried again waits at the broker.
 */
export const work = (connection: NatsConnection, { durable, subjects, concurrency, replicas, log, handle }: WorkOptions): Work => {
  let isClosing = false
  const ready = Promise.withResolvers<void>()
  const js = jetstream(connection)

  const open = async (): Promise<Consumer> => {
    const jsm = await jetstreamManager(connection, { checkAPI: false })
    for (const stream of [STREAM.async, STREAM.asyncParked]) await ensureStream(jsm, stream, { replicas })
    await jsm.consumers.add(STREAM.async, {
      durable_name: durable, filter_subject: subjects, ack_policy: AckPolicy.Explicit, ack_wait: nanos(ACK_WAIT_MS), max_deliver: -1, max_ack_pending: -1,
    }).catch((error: unknown) => {
      if (!isApiError(error, CONSUMER_EXISTS)) throw error
    })
    return js.consumers.get(STREAM.async, durable)
  }

  const settle = async (message: JsMsg): Promise<void> => {
    const attempt = message.info.deliveryCount
    const alive = setInterval(() => message.working(), ACK_WAIT_MS / 4)
    try {
      const verdict = await handle(message, attempt)
      if (verdict.verdict === 'again') return message.nak(verdict.delayMs)
      if (verdict.verdict === 'park') await park(message, verdict.reason, attempt)
      await message.ackAck()
    } catch (error) {
      log.error({ err: error, subject: message.subject, attempt }, 'work on a queued message failed; it is tried again')
      message.nak(THREW_MS)
    } finally {
      clearInterval(alive)
    }
  }

  const park = async (message: JsMsg, reason: string, attempts: number): Promise<void> => {
    const [, what, namespace, name] = message.subject.split('.')
    const fields = headers()
    fields.set('Parked-Reason', reason.replaceAll(/\s+/g, ' ').slice(0, 1_000))
    fields.set('Parked-Attempts', String(attempts))
    await js.publish(subject.asyncParked(what === 'result' ? 'result' : 'call', namespace || NOBODY, name || NOBODY), message.data, { headers: fields, msgID: `${message.subject}:${message.seq}` })
    log.warn({ subject: message.subject, attempts, reason }, 'given up and parked')
  }

  const inHand = new Set<Promise<void>>()
  const take = async (message: JsMsg): Promise<void> => {
    if (isClosing) return message.nak() // another gateway's
    const settling = settle(message)
    inHand.add(settling)
    await settling.finally(() => inHand.delete(settling))
  }

  const loop = async (): Promise<void> => {
    let consumer: Consumer | null = null
    while (!isClosing && !connection.isClosed()) {
      try {
        consumer ??= await open()
        ready.resolve()
        const message = await consumer.next({ expires: ASK_MS })
        if (message) await take(message)
      } catch (error) {
        log.debug({ err: error, durable }, 'the queue cannot be read yet')
        consumer = null
        await sleep(200)
      }
    }
  }
  for (let i = 0; i < concurrency; i += 1) void loop() // ends with the connection: it catches whatever happens
  return {
    ready: ready.promise,
    close: async () => {
      isClosing = true
      await Promise.race([Promise.allSettled(inHand), sleep(CLOSE_MS, undefined, { ref: false })])
    },
  }
}

const CONSUMER_EXISTS = 10_148
