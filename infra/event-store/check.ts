import { CATALOGUE_OF_EVENTS, currentVersion, parseEvent } from '../../events/catalogue.ts'
import { streamCategory, type NewEvent, type StreamName } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'
import { holdsRefusedText } from '../../events/text.ts'
import type { ExpectedRevision, Write } from './port.ts'

/**
 * Whether a stream of this name can exist. Names come from outside (`GET /deployments/*`), and a wildcard in a subject would
 * read other streams.
 */
export const isStreamName = (stream: string): stream is StreamName => /^[a-z]+\.[A-Za-z0-9_-]+$/.test(stream)

/** An event that passed the catalogue, with the version it is written in. */
export type CheckedEvent = NewEvent & { readonly version: number }

export type CheckedWrite = { readonly stream: StreamName; readonly events: readonly CheckedEvent[]; readonly expected: ExpectedRevision }

/** So many fit into one atomic step (the limit of a JetStream batch, ADR-50). */
const MAX_EVENTS = 1_000

/**
 * Checks what one atomic step is to write, before anything is sent. @throws MALFORMED_EVENT, UNKNOWN_EVENT,
 * DUPLICATE_EVENT_ID; RangeError for no events, too many, or two writes to one stream
 */
export const checkWrites = (writes: readonly Write[]): readonly CheckedWrite[] => {
  const checked = writes.map(({ stream, events, expected }) => ({ stream, expected, events: checkEvents(stream, events) }))
  if (new Set(writes.map(({ stream }) => stream)).size < writes.length) throw new RangeError('One write for each stream')
  const ids = checked.flatMap(({ events }) => events.map(({ id }) => id))
  if (ids.length > MAX_EVENTS) throw new RangeError(`At most ${MAX_EVENTS} events in one append, not ${ids.length}`)
  const known = new Set<string>()
  for (const id of ids) {
    if (known.has(id)) throw failure('DUPLICATE_EVENT_ID', { id })
    known.add(id)
  }
  return checked
}

const checkEvents = (stream: StreamName, events: readonly NewEvent[]): readonly CheckedEvent[] => {
  if (!isStreamName(stream)) throw failure('MALFORMED_EVENT', { type: events[0]?.type, reason: `"${String(stream)}" is not the name of a stream` })
  if (events.length === 0) throw new RangeError(`Nothing to append to ${stream}`)
  return events.map((event) => {
    if (!/^[\x21-\x7e]{1,200}$/.test(event.id)) throw failure('MALFORMED_EVENT', { type: event.type, reason: 'its id is not 1 to 200 visible ASCII characters' })
    const { type, data } = parseEvent(event.type, event.data)
    if (holdsRefusedText(data) || holdsRefusedText(event.metadata)) throw failure('MALFORMED_EVENT', { type, reason: 'a text in it holds NUL or half a character, which no database takes' })
    const category = CATALOGUE_OF_EVENTS[type]?.category
    if (category !== streamCategory(stream)) throw failure('MALFORMED_EVENT', { type, reason: `it belongs to ${category} streams, not to ${stream}` })
    return { id: event.id, metadata: event.metadata, type, data: data as object, version: currentVersion(type) }
  })
}

/** @throws WRONG_EXPECTED_REVISION when a stream at `actual` (-1: it does not exist) is not what was expected */
export const assertExpected = (stream: StreamName, actual: number, expected: ExpectedRevision): void => {
  const holds = expected === 'any' || (expected === 'none' ? actual === -1 : expected === 'exists' ? actual >= 0 : actual === expected)
  if (!holds) throw failure('WRONG_EXPECTED_REVISION', { stream, actual: actual === -1 ? 'none' : actual, expected })
}
