import { CATALOGUE_OF_EVENTS, currentVersion, parseEvent } from '../../events/catalogue.ts'
import { streamCategory, type NewEvent, type StreamName } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'

/**
 * Whether a stream of this name can exist. Names come from outside (`GET /deployments/*`), and a wildcard in a subject would
 * read other streams.
 */
export const isStreamName = (stream: string): stream is StreamName => /^[a-z]+\.[A-Za-z0-9_-]+$/.test(stream)

/** An event that passed the catalogue, with the version it is written in. */
export type CheckedEvent = NewEvent & { readonly version: number }

/** Parses events on their way into a stream. @throws MALFORMED_EVENT, UNKNOWN_EVENT */
export const checkEvents = (stream: StreamName, events: readonly NewEvent[]): readonly CheckedEvent[] => {
  if (!isStreamName(stream)) throw failure('MALFORMED_EVENT', { type: events[0]?.type, reason: `"${String(stream)}" is not the name of a stream` })
  if (events.length === 0) throw new RangeError(`Nothing to append to ${stream}`)
  return events.map((event) => {
    const { type, data } = parseEvent(event.type, event.data)
    const category = CATALOGUE_OF_EVENTS[type]?.category
    if (category !== streamCategory(stream)) throw failure('MALFORMED_EVENT', { type, reason: `it belongs to ${category} streams, not to ${stream}` })
    return { id: event.id, metadata: event.metadata, type, data: data as object, version: currentVersion(type) }
  })
}
