import { Readable } from 'node:stream'
import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { notFound } from '../http/api-error.ts'
import { checkAccept } from '../http/negotiate.ts'
import type { Call } from '../http/router.ts'
import { httpDate } from '../http/time.ts'
import { CONTEXT } from '../json-ld/writer.ts'
import { API } from '../namespaces.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import type { Reader } from '../store/port.ts'
import { readEventQuery, type EventQuery } from './event-query.ts'
import { countAskedFor, eventsAskedFor, lastEventAt } from './event-rows.ts'

/**
 * GET and HEAD /logistics-objects/{id}/logistics-events. Reads no more events than the page asked for; where filters are given, those
 * in the bounds of what is sorted by. The answer is written as it is read, so that it may hold any number of events.
 */
export const readEvents = ({ base, record, access }: Server) => async ({ request, id, query, agent }: Call): Promise<Answer> => {
  checkAccept(request.headers.accept)
  const asked = readEventQuery(query)
  const reader = record.reader()
  await access.check(reader, agent, 'GET_LOGISTICS_EVENT', id)
  const iri = objectIri(base, id)
  // without events the list is as old as its object
  const [object, last] = await Promise.all([findObject(reader, id), lastEventAt(reader, id)])
  if (!object) throw notFound(iri)
  const head = {
    '@context': CONTEXT, '@id': `${iri}/logistics-events`, '@type': 'api:Collection', 'api:hasTotalItems': await countAskedFor(reader, id, asked),
  }
  return {
    status: 200,
    body: Readable.from(collection(head, reader, id, asked)),
    headers: { type: `${API}Collection`, 'last-modified': httpDate(last ?? object.createdAt) },
  }
}

async function* collection(head: object, reader: Reader, id: string, asked: EventQuery): AsyncGenerator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"api:hasItem":[`
  let separator = ''
  for await (const places of inGroups(eventsAskedFor(reader, id, asked), AT_ONCE)) {
    const bodies = await Promise.all(places.map(({ place }) => reader.body(place)))
    yield separator + bodies.map(withoutContext).join(',')
    separator = ','
  }
  yield ']}'
}

/** Bodies read from the object store at the same time. */
const AT_ONCE = 32

const withoutContext = (body: Buffer): string => {
  const { '@context': _, ...event } = JSON.parse(body.toString()) as Record<string, unknown>
  return JSON.stringify(event)
}

async function* inGroups<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let group: T[] = []
  for await (const item of items) {
    group.push(item)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
