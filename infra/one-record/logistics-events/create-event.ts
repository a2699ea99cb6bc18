import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { invalidBody, notFound } from '../http/api-error.ts'
import { readLinkedData } from '../http/document.ts'
import type { Call } from '../http/router.ts'
import { CARGO } from '../namespaces.ts'
import { validate } from '../objects/check.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { readEvent, type GivenEvent } from './event-body.ts'
import { receiveEvent } from './receive-event.ts'

/** POST /logistics-objects/{id}/logistics-events (2.3.0, Create a Logistics Event). 201 without a body. */
export const createEvent = (server: Server) => async ({ request, id, agent }: Call): Promise<Answer> => {
  const reader = server.record.reader()
  const iri = objectIri(server.base, id)
  await server.access.check(reader, agent, 'POST_LOGISTICS_EVENT', id)
  if (!(await findObject(reader, id))) throw notFound(iri)
  const event = await readEventOf(server, request)
  const other = event.eventFor.find((object) => object.replace(/\/$/, '') !== iri)
  if (other !== undefined) throw invalidBody(`cargo:eventFor is another logistics object than the one it was sent to, ${iri}.`, { property: `${CARGO}eventFor`, resource: other })
  const location = await server.record.write((tx) => receiveEvent(tx, server, { event, object: id, agent }))
  return { status: 201, headers: { location, type: event.type } }
}

/** Reads and validates the event that a request brings. @throws ApiError 400, 413, 415 */
export const readEventOf = async (server: Server, request: Call['request']): Promise<GivenEvent> => {
  const document = await readLinkedData(request, server.maxBodyBytes)
  validate(document.graph, server)
  return readEvent(document)
}
