import { requestIri, type Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { invalidQuery } from '../http/api-error.ts'
import type { Call } from '../http/router.ts'
import { objectIri } from '../objects/split.ts'
import { listPrefix, listRequests, type RequestFilter } from '../requests/list.ts'
import type { ActionRequest } from '../requests/request.ts'
import { REQUEST_TYPES, statusOf, type RequestType } from '../requests/states.ts'
import { listAnswer, readPage } from './page.ts'

const TYPES = Object.keys(REQUEST_TYPES) as RequestType[]

/**
 * GET /holder/action-requests?status=&type=&object=&requested-by=&limit=&cursor=: newest first. A request is decided by the
 * standard's PATCH /action-requests/{id}. A page may hold fewer than `limit` while `next` says that there is more to look at.
 */
export const listActionRequests = ({ base, record, access }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const filter = readFilter(query, base)
  const { rows, next } = await listRequests(record.reader(), filter, readPage(query, listPrefix(filter)))
  return listAnswer(`${base}/holder/action-requests`, query, rows.map(({ value }) => requestNode(base, value)), next)
}

const requestNode = (base: string, { id, type, status, object, requestedBy, requestedAt }: ActionRequest) => ({
  id, url: requestIri(base, id), type, status, logisticsObject: object === null ? null : objectIri(base, object), requestedBy, requestedAt: new Date(requestedAt).toISOString(),
})

/** @throws ApiError 400 that names the parameter */
const readFilter = (query: URLSearchParams, base: string): RequestFilter => {
  const [status, type, object] = [query.get('status'), query.get('type'), query.get('object')]
  const known = status === null ? undefined : statusOf(status)
  if (known === null) throw invalidQuery(`status ${JSON.stringify(status)} is no status of an action request.`)
  const kind = type === null ? undefined : TYPES.find((name) => name === type.replace(/^.*[#:]/, ''))
  if (type !== null && !kind) throw invalidQuery(`type must be one of ${TYPES.join(', ')}.`)
  return { status: known, type: kind, object: object === null ? undefined : object.replace(objectIri(base, ''), ''), requestedBy: query.get('requested-by') ?? undefined }
}
