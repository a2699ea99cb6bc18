import type { NewEvent } from '../../events/envelope.ts'
import { streamCategory } from '../../events/envelope.ts'
import type { EventStore, Write } from '../event-store/port.ts'
import { STREAM } from '../nats/subjects.ts'
import { span, type Span } from './span.ts'

/** The same store; each append is a span, and every event carries the trace it was appended in. */
export const tracedStore = (store: EventStore): EventStore => ({
  ...store,
  append: (stream, events, expected) => append([{ stream, events, expected }], (own) => store.append(stream, carrying(events, own), expected)),
  appendAll: (writes) => append(writes, (own) => store.appendAll(writes.map((write) => ({ ...write, events: carrying(write.events, own) })))),
})

const append = <T>(writes: readonly Write[], work: (own: Span) => Promise<T>): Promise<T> => {
  const [first] = writes
  const metadata = first?.events[0]?.metadata
  return span(`publish events.${first ? streamCategory(first.stream) : ''}`, {
    kind: 'producer', parent: metadata?.traceparent, correlationId: metadata?.correlationId,
    attributes: {
      'messaging.system': 'nats', 'messaging.operation.type': 'send', 'messaging.operation.name': 'publish', 'messaging.destination.name': STREAM.events,
      'messaging.batch.message_count': writes.reduce((sum, { events }) => sum + events.length, 0),
      'event.types': writes.flatMap(({ events }) => events.map(({ type }) => type)).join(' '),
    },
  }, work)
}

const carrying = <E extends NewEvent>(events: readonly E[], { traceparent }: Span): readonly E[] =>
  events.map((event) => ({ ...event, metadata: { ...event.metadata, traceparent } }))
