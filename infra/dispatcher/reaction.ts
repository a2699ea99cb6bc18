import { setTimeout as sleep } from 'node:timers/promises'
import { CatalogueError } from '../../events/errors.ts'
import type { Verdict } from '../event-store/port.ts'
import type { Log } from '../log.ts'
import type { GroupHandler, GroupMessage } from '../nats/group.ts'
import { decodeMessage, type Decoded } from '../nats/wire.ts'
import { processing } from '../tracing/messages.ts'
import { span } from '../tracing/span.ts'
import type { Deliver } from './deliver.ts'
import { deliveries, deliverySeconds } from './metrics.ts'
import type { Subscriber } from './subscriber.ts'
import { oneLine, toVerdict } from './verdict.ts'

/** What a function that blocks waits between looks at the event it could not take, milliseconds. */
const BLOCKED_MS = 30_000
/** One warning of a function in so many milliseconds; the others are counted in the next. */
const WARN_EVERY_MS = 1_000

/** The group handler of one function: message in, one POST, verdict out. The data goes through as the bytes it was stored as. */
export const reaction = (subscriber: Subscriber, deliver: Deliver, log: Log): GroupHandler => {
  const warn = bounded((facts) => log.warn(facts, 'delivery failed; again later'))
  // to the parking stream, or, where the aggregate must not go on without it, held at its place and looked at again
  const parked = (reason: string, about: object): Verdict => {
    if (subscriber.park === 'next') {
      log.error({ ...about, reason }, 'parked')
      return { verdict: 'park', reason }
    }
    log.error({ ...about, reason }, 'blocked: its aggregate waits until the function takes it')
    return { verdict: 'retry', delayMs: BLOCKED_MS, reason, counted: false }
  }

  return async (message, attempt) => {
    const early = subscriber.minAgeMs - (Date.now() - Date.parse(message.at))
    if (early > 0) await sleep(Math.min(early, subscriber.minAgeMs)) // a clock ahead of the broker's must not make it longer
    const about = { function: subscriber.name, subject: message.subject, sequence: message.sequence, attempt }
    const decoded = decode(message)
    if (decoded instanceof CatalogueError) {
      // no event at all: the function could never take it, so nothing waits for that
      const reason = oneLine(decoded.message)
      log.error({ ...about, reason }, 'parked')
      return { verdict: 'park', reason }
    }
    const { data: _, ...head } = decoded
    return span(`process ${subscriber.name}`, processing(subscriber.name, head, attempt), async (own) => {
      const metadata = { ...head.metadata, traceparent: own.traceparent }
      const end = deliverySeconds.startTimer({ function: subscriber.name })
      const outcome = await deliver(subscriber.name, { ...head, metadata, attempt }, message.data)
      end()
      const verdict = toVerdict(outcome, { attempt, maxAttempts: subscriber.maxAttempts, nowMs: Date.now(), random: Math.random })
      deliveries.inc({ function: subscriber.name, outcome: outcomeOf(verdict, subscriber) })
      switch (verdict.verdict) {
        case 'ack':
          log.debug({ ...about, type: head.type }, 'delivered')
          return verdict
        case 'retry':
          own.fail('retry')
          warn({ ...about, type: head.type, reason: verdict.reason, delayMs: verdict.delayMs, counted: verdict.counted !== false })
          return verdict
        case 'park':
          own.fail('park')
          return parked(verdict.reason, { ...about, type: head.type })
      }
    })
  }
}

const outcomeOf = (verdict: Verdict, { park }: Subscriber): string => {
  if (verdict.verdict === 'retry') return verdict.counted === false ? 'uncounted' : 'retry'
  return verdict.verdict === 'park' && park !== 'next' ? 'blocked' : verdict.verdict
}

const decode = (message: GroupMessage): Decoded | CatalogueError => {
  try {
    return decodeMessage(message)
  } catch (error) {
    if (error instanceof CatalogueError) return error
    throw error
  }
}

const bounded = (write: (facts: object) => void, now: () => number = Date.now): ((facts: object) => void) => {
  let [last, suppressed] = [-Infinity, 0]
  return (facts) => {
    if (now() - last < WARN_EVERY_MS) return void (suppressed += 1)
    write(suppressed > 0 ? { ...facts, suppressed } : facts)
    ;[last, suppressed] = [now(), 0]
  }
}
