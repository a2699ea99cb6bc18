import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { notFound } from '../http/api-error.ts'
import { checkAccept } from '../http/negotiate.ts'
import type { Call } from '../http/router.ts'
import { httpDate } from '../http/time.ts'
import { findObject } from '../objects/rows.ts'
import { getEvent } from './event-rows.ts'
import { eventIri } from './receive-event.ts'

/** GET /logistics-objects/{id}/logistics-events/{event}. An event never changes: its id is its tag. */
export const readEvent = ({ base, record, access }: Server) => async ({ request, id, params, agent }: Call): Promise<Answer> => {
  checkAccept(request.headers.accept)
  const reader = record.reader()
  await access.check(reader, agent, 'GET_LOGISTICS_EVENT', id)
  const event = params['event'] ?? ''
  const location = eventIri(base, id, event)
  const [found, object] = await Promise.all([getEvent(reader, id, event), findObject(reader, id)])
  if (!found?.place || !object) throw notFound(location)
  return {
    status: 200, body: await reader.body(found.place),
    headers: { location, type: found.value.type, 'last-modified': httpDate(found.at), etag: `"${event}"` },
  }
}
