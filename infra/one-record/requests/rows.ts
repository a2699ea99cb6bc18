import { below, key } from '../store/key.ts'
import type { Json, Place, Reader, Row, Transaction } from '../store/port.ts'
import type { Node } from './document.ts'
import type { ActionRequest } from './request.ts'
import type { Status } from './states.ts'

/**
 * Rows of one request: itself (with what it asks for as its body), and its places in the lists: of its objects, of its status, of
 * its requestor, of all. All lists are in the order of the requests' making, so that only that of its status moves.
 */
const rowKey = (id: string): string => key('request', id)
const statusKey = ({ status, requestedAt, id }: ActionRequest): string => key('request-by-status', status, new Date(requestedAt), id)

/** Prefixes of the lists. Their keys go on with the time of the request and its id; their values say nothing. */
export const LISTS = {
  all: () => below('request-at'),
  object: (id: string) => below('request-of', id),
  status: (status: Status) => below('request-by-status', status),
  requestor: (uri: string) => below('request-by', uri),
} as const

const value = (request: ActionRequest): Json => request

/** A new request. `objects`: local ids of all logistics objects that it is about. */
export const insertRequest = (tx: Transaction, request: ActionRequest, objects: readonly string[], content: Node): Place => {
  const { id, requestedBy } = request
  const at = new Date(request.requestedAt)
  const place = tx.keep(Buffer.from(JSON.stringify(content)))
  tx.put(rowKey(id), value(request), place)
  tx.put(key('request-at', at, id), null)
  tx.put(key('request-by', requestedBy, at, id), null)
  for (const object of objects) tx.put(key('request-of', object, at, id), null)
  tx.put(statusKey(request), null)
  if (isPendingChange(request)) tx.put(pendingKey(request), null)
  return place
}

/** The next state of a request. */
export const updateRequest = (tx: Transaction, before: ActionRequest, after: ActionRequest, content: Place | null): void => {
  tx.put(rowKey(after.id), value(after), content)
  // a row of their own names the errors, which may quote the object: so that its erasure finds them
  if (after.errors && after.object !== null) tx.put(errorsKey(after.object, after.id), null, after.errors)
  if (statusKey(before) === statusKey(after)) return
  tx.delete(statusKey(before))
  tx.put(statusKey(after), null)
  if (isPendingChange(before)) tx.delete(pendingKey(before))
}

/** A request, with what it asks for as its body; null when there is none of this id. */
export const findRequest = (reader: Reader, id: string): Promise<Row<ActionRequest> | null> => reader.get<ActionRequest>(rowKey(id))

const errorsKey = (object: string, id: string): string => key('request-errors', object, id)
const isPendingChange = ({ type, status, object }: ActionRequest): boolean => type === 'ChangeRequest' && status === 'REQUEST_PENDING' && object !== null
const pendingKey = ({ object, revision, id }: ActionRequest): string => key('request-pending', object ?? '', revision ?? 0, id)

/** Ids of the changes of an object that wait for a decision, those for one revision or for any. */
export const pendingChanges = async (reader: Reader, object: string, limit: number, revision?: number): Promise<readonly string[]> => {
  const prefix = revision === undefined ? below('request-pending', object) : below('request-pending', object, revision)
  return (await reader.scan({ prefix, limit })).map(({ key: text }) => idOf(text))
}

/** The request's id, from the key of a list. */
export const idOf = (listKey: string): string => decodeURIComponent(listKey.slice(listKey.lastIndexOf('/') + 1))

/** Takes a request out of the record, with its content and its places in all lists, because that of its object is erased. */
export const eraseRequest = (tx: Transaction, request: ActionRequest): void => {
  const { id, requestedBy } = request
  const at = new Date(request.requestedAt)
  for (const gone of [rowKey(id), key('request-at', at, id), key('request-by', requestedBy, at, id), statusKey(request)]) tx.delete(gone)
  if (isPendingChange(request)) tx.delete(pendingKey(request))
  if (request.object !== null) tx.delete(errorsKey(request.object, id))
}
