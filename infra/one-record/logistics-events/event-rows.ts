import { below, key } from '../store/key.ts'
import type { Place, Reader, Row, Transaction } from '../store/port.ts'
import { isAskedFor, isUnfiltered, type EventFacts, type EventQuery } from './event-query.ts'

/** Value of `event/<object>/<event>`, whose place is the event's body. `type`: its most specific class, an IRI. */
export type EventRow = EventFacts & { readonly type: string; readonly order: number }
/** Value of the sorted rows `event-created/<object>/<creationDate>/<order>` and `event-occurred/<object>/<eventDate>/<order>`, which share that body. */
type Sorted = EventFacts & { readonly id: string }
/** Value of `events/<object>`: how many there are; the row's time is when the newest came. */
type Events = { readonly count: number }

/** An event that is to be kept. `code` is kept as far as it fits into a row; a longer IRI is found by its beginning. */
export type NewEvent = Omit<EventRow, 'order'> & { readonly id: string; readonly place: Place }

/** Rows read at once where filters must look at events one by one. */
const PAGE = 500
const LONGEST_CODE = 300

const eventKey = (object: string, event: string): string => key('event', object, event)
const sortTable = (by: EventQuery['sort']['by']): string => `event-${by}`
const sortedKey = (by: EventQuery['sort']['by'], object: string, row: EventFacts, order: number): string => key(sortTable(by), object, new Date(row[by]), order)

export const putEvent = async (tx: Transaction, object: string, { id, place, ...facts }: NewEvent): Promise<void> => {
  const order = await countEvents(tx, object)
  const { created, occurred, type } = facts
  const code = facts.code?.slice(0, LONGEST_CODE) ?? null
  const sorted: Sorted = { id, created, occurred, code }
  tx.put(eventKey(object, id), { created, occurred, code, type, order } satisfies EventRow, place)
  tx.put(sortedKey('created', object, sorted, order), sorted, place)
  tx.put(sortedKey('occurred', object, sorted, order), sorted, place)
  tx.put(key('events', object), { count: order + 1 } satisfies Events)
}

export const getEvent = (reader: Reader, object: string, event: string): Promise<Row<EventRow> | null> => reader.get<EventRow>(eventKey(object, event))

const countEvents = async (reader: Reader, object: string): Promise<number> => (await reader.get<Events>(key('events', object)))?.value.count ?? 0

/** When an event came last, milliseconds; null when none ever did. */
export const lastEventAt = async (reader: Reader, object: string): Promise<number | null> => (await reader.get<Events>(key('events', object)))?.at ?? null

/** How many events pass the filters of a query. Counted one by one, in pages, where there are filters. */
export const countAskedFor = async (reader: Reader, object: string, query: EventQuery): Promise<number> => {
  if (isUnfiltered(query)) return countEvents(reader, object)
  let count = 0
  for await (const page of pages(reader, object, query, PAGE)) count += page.filter(({ value }) => isAskedFor(query, value)).length
  return count
}

/** Ids and bodies of the events asked for, sorted, without those to skip, no more than the limit. */
export async function* eventsAskedFor(reader: Reader, object: string, query: EventQuery): AsyncGenerator<{ readonly id: string; readonly place: Place }> {
  const { limit } = query
  let { skip } = query
  let left = limit ?? Number.POSITIVE_INFINITY
  if (left === 0) return
  const width = isUnfiltered(query) ? Math.min(PAGE, left + skip) : PAGE
  for await (const page of pages(reader, object, query, width)) {
    for (const { value, place } of page) {
      if (!place || !isAskedFor(query, value)) continue
      if (skip > 0) {
        skip -= 1
        continue
      }
      yield { id: value.id, place }
      left -= 1
      if (left === 0) return
    }
  }
}

/** The sorted rows of an object's events, from the first time that can pass to the last, so that a filter on what is sorted by reads no others. */
async function* pages(reader: Reader, object: string, { sort: { by, descending }, created, occurred }: EventQuery, limit: number): AsyncGenerator<readonly Row<Sorted>[]> {
  const { after: later, before: earlier } = by === 'created' ? created : occurred
  const first = descending ? earlier : later === null ? null : later + 1
  const isBeyond = ({ value }: Row<Sorted>): boolean => (descending ? later !== null && value[by] <= later : earlier !== null && value[by] >= earlier)
  const from = first === null ? {} : { from: key(sortTable(by), object, new Date(first)) }
  for (let after: string | null = null; ; ) {
    const page: readonly Row<Sorted>[] = await reader.scan<Sorted>({ prefix: below(sortTable(by), object), reverse: descending, limit, ...(after === null ? from : { after }) })
    const end = page.findIndex(isBeyond)
    yield end < 0 ? page : page.slice(0, end)
    const last = page.at(-1)
    if (end >= 0 || page.length < limit || !last) return
    after = last.key
  }
}
