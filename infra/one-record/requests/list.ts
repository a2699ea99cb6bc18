import type { Reader, Row } from '../store/port.ts'
import type { ActionRequest } from './request.ts'
import { findRequest, idOf, LISTS } from './rows.ts'
import type { RequestType, Status } from './states.ts'

/** Which requests: all that is given has to hold. */
export type RequestFilter = { readonly object?: string | undefined; readonly requestedBy?: string | undefined; readonly status?: Status | undefined; readonly type?: RequestType | undefined }

/** Where to go on, and in which order of their making. `after`: `next` of the page before. */
export type PageOptions = { readonly limit: number; readonly after?: string | null; readonly oldestFirst?: boolean }

/** `next`: the key, in `listPrefix`, that the following page comes after; null when this was the last. A page may be short and still have a next. */
export type RequestPage = { readonly rows: readonly Row<ActionRequest>[]; readonly next: string | null }

/** One page reads so many requests at most, whatever it takes of them. */
const MOST_LOOKED_AT = 2_000
const AT_ONCE = 100

/**
 * One page of requests, the newest first unless `oldestFirst`: the narrowest list that the filter names is read, the rest of it is
 * looked for there. `takes` may turn requests down, and end the page before one with `stop`.
 */
export const listRequests = async (reader: Reader, filter: RequestFilter, { limit, after = null, oldestFirst = false }: PageOptions, takes: (row: Row<ActionRequest>) => boolean | 'stop' = () => true): Promise<RequestPage> => {
  const prefix = listPrefix(filter)
  const rows: Row<ActionRequest>[] = []
  let last = after
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT; lookedAt += AT_ONCE) {
    const listed = await reader.scan({ prefix, limit: AT_ONCE, reverse: !oldestFirst, ...(last === null ? {} : { after: last }) })
    const found = await Promise.all(listed.map(async ({ key }) => ({ key, row: await findRequest(reader, idOf(key)) })))
    for (const { key, row } of found) {
      const taken = row !== null && matches(row.value, filter) && takes(row)
      if (taken === 'stop' || rows.length === limit) return { rows, next: last }
      if (taken) rows.push(row)
      last = key
    }
    if (listed.length < AT_ONCE) return { rows, next: null }
  }
  return { rows, next: last }
}

/** Prefix of the list that is read for a filter, the narrowest that it names. */
export const listPrefix = ({ object, requestedBy, status }: RequestFilter): string =>
  object !== undefined ? LISTS.object(object) : requestedBy !== undefined ? LISTS.requestor(requestedBy) : status !== undefined ? LISTS.status(status) : LISTS.all()

// not the object: its list also has requests that are about others first
const matches = (request: ActionRequest, { requestedBy, status, type }: RequestFilter): boolean =>
  (requestedBy === undefined || request.requestedBy === requestedBy) && (status === undefined || request.status === status) && (type === undefined || request.type === type)
