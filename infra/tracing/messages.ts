import { headers, type Msg, type MsgHdrs } from '@nats-io/transport-node'
import type { DeliveryHead } from '../delivery/cloud-event.ts'
import { currentTrace } from './current.ts'
import type { SpanOptions } from './span.ts'

const TRACEPARENT = 'traceparent'

/** Headers of a question to another part: the trace goes with it. */
export const tracedHeaders = (): MsgHdrs => {
  const fields = headers()
  const { traceparent } = currentTrace() ?? {}
  if (traceparent !== undefined) fields.set(TRACEPARENT, traceparent)
  return fields
}

/** The trace that a question came with; null when it came with none. */
export const traceOf = (message: Msg): string | null => message.headers?.get(TRACEPARENT) || null

/**
 * A delivery as OpenTelemetry's conventions for messaging have it: a part of the trace that its event was appended in. A timer that
 * comes due, perhaps days later and perhaps for ever again, begins a trace of its own, linked to the one that set it.
 */
export const processing = (group: string, { id, type, subject, metadata }: Pick<DeliveryHead, 'id' | 'type' | 'subject' | 'metadata'>, attempt: number): SpanOptions => {
  const { traceparent, correlationId, causationId } = metadata
  const created = traceparent ?? null
  return {
    kind: 'consumer', correlationId, parent: subject.startsWith('timers.') ? null : created, links: created === null ? [] : [created],
    attributes: {
      'messaging.system': 'nats', 'messaging.operation.type': 'process', 'messaging.operation.name': 'process', 'messaging.consumer.group.name': group,
      'messaging.destination.name': subject.slice(0, subject.indexOf('.')), 'messaging.message.id': id, 'messaging.message.conversation_id': correlationId,
      'event.type': type, 'event.attempt': attempt, ...(causationId === undefined ? {} : { 'event.causation_id': causationId }),
    },
  }
}
