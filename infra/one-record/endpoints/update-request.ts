import type { Answer } from '../http/answer.ts'
import { ApiError, invalidQuery, TITLES } from '../http/api-error.ts'
import type { Call } from '../http/router.ts'
import { API } from '../namespaces.ts'
import type { Outcome } from '../requests/port.ts'
import { decideRequest } from '../requests/requests.ts'
import { STATUSES, statusOf, type Status } from '../requests/states.ts'
import { visibleRequest } from '../requests/visible.ts'
import type { Server } from './server.ts'

/**
 * PATCH /action-requests/{id}?status=...: the holder decides, by a status' name or IRI; its requestor may revoke. What cannot be
 * carried out after it was accepted has failed: 422, and the request says why.
 */
export const updateRequest = (server: Server) => async ({ request, id, query, agent }: Call): Promise<Answer> => {
  checkContentType(request.headers['content-type'])
  const text = query.get('status')
  const status = text === null ? null : statusOf(text)
  if (!status) throw invalidQuery(`status must be one of ${STATUSES.join(', ')}, by name or IRI.`)
  return moved(await change(server, { id, to: status, agent }))
}

/** DELETE /action-requests/{id}: its requestor or the holder takes it back (API 2.3.0, Revoke Action Request). */
export const revokeRequest = (server: Server) => async ({ id, agent }: Call): Promise<Answer> => moved(await change(server, { id, to: 'REQUEST_REVOKED', agent }))

const change = async (server: Server, { id, to, agent }: { readonly id: string; readonly to: Status; readonly agent: Call['agent'] }): Promise<Outcome> => {
  await visibleRequest(server.record.reader(), server, id, agent)
  return server.record.write((tx) => decideRequest(tx, server, id, to, agent))
}

const moved = ({ request, iri: location, error }: Outcome): Answer => {
  if (error) throw new ApiError(422, TITLES.unprocessable, error.message, error.about, { location })
  return { status: 204, headers: { location, type: API + request.type } }
}

/** There is no body to read; one of another type was meant for something else. */
const checkContentType = (type: string | undefined): void => {
  const [name] = (type ?? 'application/ld+json').toLowerCase().split(';')
  if (name?.trim() !== 'application/ld+json') throw new ApiError(415, TITLES.mediaType, `Content-Type ${type}: send application/ld+json, or none.`)
}
