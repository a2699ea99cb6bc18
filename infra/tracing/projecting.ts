import type { RecordedEvent } from '../../events/envelope.ts'
import { STREAM } from '../nats/subjects.ts'
import { isSampled, span } from './span.ts'
import { parseTraceparent } from './trace-context.ts'

/** Traces that one batch is linked to at most. */
const LINKS = 16

/** Applies a batch as a span of its own, linked to the recorded traces its events belong to; nothing where there is no such event. */
export const projecting = (projection: string, batch: readonly RecordedEvent[], work: () => Promise<void>): Promise<void> => {
  const links = isSampled() ? recorded(batch) : []
  if (links.length === 0) return work()
  return span(`project ${projection}`, {
    kind: 'consumer', parent: null, links,
    attributes: {
      'messaging.system': 'nats', 'messaging.operation.type': 'process', 'messaging.operation.name': 'project', 'messaging.destination.name': STREAM.events,
      'messaging.consumer.group.name': projection, 'messaging.batch.message_count': batch.length,
    },
  }, work)
}

const recorded = (batch: readonly RecordedEvent[]): readonly string[] => {
  const links = new Set<string>()
  for (const { metadata: { traceparent } } of batch) {
    if (traceparent !== undefined && parseTraceparent(traceparent)?.sampled) links.add(traceparent)
    if (links.size === LINKS) break
  }
  return [...links]
}
