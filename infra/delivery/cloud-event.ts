import type { Metadata } from '../../events/envelope.ts'

/**
 * One delivery over HTTP: CloudEvents 1.0, binary mode (HTTP protocol binding, section 3.1). The body is the event's data as
 * JSON; the rest travels in `ce-*` headers. `POST /function/<name>` on the gateway.
 */
export type Delivery = {
  readonly id: string
  readonly type: string
  /** The NATS subject it came by: `events.deployment.<id>`, `hits.<id>`, `timers.due.<key>`. */
  readonly subject: string
  /** Sequence in its JetStream stream, decimal. */
  readonly sequence: string
  /** Revision in its event stream; null for hits and timers. */
  readonly revision: number | null
  readonly version: number
  readonly at: string
  readonly data: unknown
  readonly metadata: Metadata
  /** 1 at the first counted attempt. */
  readonly attempt: number
}

/** Everything of a delivery but its data: what travels in headers, beside a body that may stay the bytes it was stored as. */
export type DeliveryHead = Omit<Delivery, 'data'>

/** Headers of a delivery, all lower case. `ce-source` is `/events`, `/hits` or `/timers`. */
export const toHeaders = (delivery: DeliveryHead): Record<string, string> => ({
  'content-type': 'application/json',
  'ce-specversion': '1.0',
  'ce-id': encoded(delivery.id),
  'ce-type': encoded(delivery.type),
  'ce-source': `/${delivery.subject.slice(0, delivery.subject.indexOf('.'))}`,
  'ce-subject': encoded(delivery.subject),
  'ce-time': delivery.at,
  'ce-sequence': delivery.sequence,
  ...(delivery.revision === null ? {} : { 'ce-revision': String(delivery.revision) }),
  'ce-dataversion': String(delivery.version),
  'ce-attempt': String(delivery.attempt),
  'ce-correlationid': encoded(delivery.metadata.correlationId),
  ...(delivery.metadata.causationId ? { 'ce-causationid': encoded(delivery.metadata.causationId) } : {}),
  'ce-actor': encoded(delivery.metadata.actor),
  ...(delivery.metadata.traceparent ? { traceparent: encoded(delivery.metadata.traceparent) } : {}),
})

/** Percent-encodes what a header cannot carry: all but printable ASCII, and blank, quote, percent (section 3.1.3.2). */
const encoded = (value: string): string => value.replaceAll(/[^\x21\x23\x24\x26-\x7e]+/gu, (part) => encodeURIComponent(part.toWellFormed()))

/** What `toHeaders` encoded, as it was; a value that is no such encoding is taken as it is. */
export const decodeHeader = (value: string): string => {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
