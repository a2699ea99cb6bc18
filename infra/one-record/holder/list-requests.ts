import { requestIri, type Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { invalidQuery } from '../http/api-error.ts'
import type { Call } from '../http/router.ts'
import { objectIri } from '../objects/split.ts'
import type { ActionRequest } from '../requests/request.ts'
import { findRequest, idOf, LISTS } from '../requests/rows.ts'
import { REQUEST_TYPES, statusOf, type RequestType, type Status } from '../requests/states.ts'
import { nextPage, readPage } from './page.ts'
import { plainJson } from './plain-json.ts'

/** Rows that one page looks at, where it passes over what was not asked for. */
const MOST_LOOKED_AT = 1_000
const ROWS = 100
const TYPES = Object.keys(REQUEST_TYPES) as RequestType[]

/**
 * GET /holder/action-requests?status=&type=&object=&limit=&cursor=: newest first. A request is decided by the standard's
 * PATCH /action-requests/{id}. A page may hold fewer than `limit` while `next` says that there is more to look at.
 */
export const listRequests = ({ base, record, access }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const asked = readAsked(query, base)
  const prefix = asked.object !== null ? LISTS.object(asked.object) : asked.status !== null ? LISTS.status(asked.status) : LISTS.all()
  const { limit, after } = readPage(query, prefix)
  const reader = record.reader()
  const items: unknown[] = []
  let last = after
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT; lookedAt += ROWS) {
    const rows = await reader.scan({ prefix, reverse: true, limit: ROWS, ...(last === null ? {} : { after: last }) })
    for (const { key } of rows) {
      last = key
      const request = (await findRequest(reader, idOf(key)))?.value
      if (!request || !isAsked(asked, request)) continue
      items.push(requestNode(base, request))
      if (items.length === limit) return page(base, query, items, last)
    }
    if (rows.length < ROWS) return page(base, query, items, null)
  }
  return page(base, query, items, last)
}

type Asked = { readonly status: Status | null; readonly type: RequestType | null; readonly object: string | null }

const isAsked = ({ status, type }: Asked, request: ActionRequest): boolean => (status === null || request.status === status) && (type === null || request.type === type)

const page = (base: string, query: URLSearchParams, items: readonly unknown[], last: string | null): Answer =>
  plainJson({ items, next: last === null ? null : nextPage(`${base}/holder/action-requests`, query, last) })

const requestNode = (base: string, { id, type, status, object, requestedBy, requestedAt }: ActionRequest) => ({
  id, url: requestIri(base, id), type, status, logisticsObject: object === null ? null : objectIri(base, object), requestedBy, requestedAt: new Date(requestedAt).toISOString(),
})

/** @throws ApiError 400 that names the parameter */
const readAsked = (query: URLSearchParams, base: string): Asked => {
  const [status, type, object] = [query.get('status'), query.get('type'), query.get('object')]
  const known = status === null ? null : statusOf(status)
  if (status !== null && known === null) throw invalidQuery(`status ${JSON.stringify(status)} is no status of an action request.`)
  const kind = type === null ? null : TYPES.find((name) => name === type.replace(/^.*[#:]/, '')) ?? null
  if (type !== null && kind === null) throw invalidQuery(`type must be one of ${TYPES.join(', ')}.`)
  return { status: known, type: kind, object: object === null ? null : object.replace(objectIri(base, ''), '') }
}
