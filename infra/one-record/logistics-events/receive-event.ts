import { randomUUID } from 'node:crypto'
import type { Agent } from '../access/port.ts'
import type { Server } from '../endpoints/server.ts'
import { tell } from '../facts.ts'
import { notFound } from '../http/api-error.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import type { Transaction } from '../store/port.ts'
import { eventBody, type GivenEvent } from './event-body.ts'
import { putEvent } from './event-rows.ts'

/** IRI of a logistics event. */
export const eventIri = (base: string, object: string, event: string): string => `${objectIri(base, object)}/logistics-events/${event}`

/**
 * Keeps an event of one object: its body, its rows and what follows from it, in this transaction. The object's revision stays.
 * Resolves to the event's IRI. @throws ApiError 404, 403
 */
export const receiveEvent = async (tx: Transaction, server: Server, { event, object, agent }: { readonly event: GivenEvent; readonly object: string; readonly agent: Agent }): Promise<string> => {
  const iri = objectIri(server.base, object)
  await server.access.check(tx, agent, 'POST_LOGISTICS_EVENT', object)
  const found = await findObject(tx, object)
  if (!found) throw notFound(iri)
  const id = randomUUID()
  const location = eventIri(server.base, object, id)
  const created = tx.at.getTime()
  const place = tx.keep(eventBody(event, { iri: location, object: iri, created }))
  await putEvent(tx, object, { id, place, created, occurred: event.occurred, code: event.code, type: event.type })
  await tell(tx, server, { kind: 'event-received', id: object, iri, types: [found.type], event: location, eventTypes: event.types, agent: agent.uri })
  return location
}
