import type { Agent } from '../access/port.ts'
import { requestIri, type Server } from '../endpoints/server.ts'
import { notFound } from '../http/api-error.ts'
import type { Reader, Row } from '../store/port.ts'
import { isParty, type ActionRequest } from './request.ts'
import { findRequest } from './rows.ts'

/**
 * A request, for its requestor and the holder. @throws ApiError 404 for no request; for all others 403, or 404 where the deployment
 * hides what may not be seen
 */
export const visibleRequest = async (reader: Reader, { base, access }: Server, id: string, agent: Agent): Promise<Row<ActionRequest>> => {
  const row = await findRequest(reader, id)
  const iri = requestIri(base, id)
  if (row && !isParty(row.value, agent)) throw access.refusal(iri)
  if (!row) throw agent.isHolder ? notFound(iri) : access.refusal(iri)
  return row
}
