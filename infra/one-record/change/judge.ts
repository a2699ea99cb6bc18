import type { Server } from '../endpoints/server.ts'
import { ApiError, notFound, TITLES, unprocessable } from '../http/api-error.ts'
import type { Graph } from '../json-ld/graph.ts'
import { objectBody, objectGraph } from '../objects/body.ts'
import { checkTerms } from '../objects/check.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import type { Reader } from '../store/port.ts'
import { applyChange } from './apply.ts'
import type { Change } from './change.ts'

/** What a change makes of its object. `revision`: that it will have. */
export type Judgement = { readonly type: string; readonly revision: number; readonly before: Graph; readonly after: Graph; readonly body: Buffer }

/** An object may become so many times as large as one body. */
const GROWTH = 2

/**
 * Tries a change on its object as it stands; nothing is written. The result is checked as a new object is.
 * @throws ApiError 409 when it was made for another revision, 422 when it cannot be done, 404 when there is no such object
 */
export const judgeChange = async (reader: Reader, { base, limits }: Pick<Server, 'base' | 'limits'>, id: string, change: Change): Promise<Judgement> => {
  const iri = objectIri(base, id)
  const newest = await findObject(reader, id)
  if (!newest) throw notFound(iri)
  if (change.revision !== newest.revision) {
    throw new ApiError(409, TITLES.conflict, `The change is for revision ${change.revision}, but the object is at ${newest.revision}.`, { resource: iri })
  }
  const revision = newest.revision + 1
  const before = objectGraph(await reader.body(newest.place), iri)
  const after = applyChange(before, iri, change, revision)
  const body = asUnprocessable(() => {
    checkTerms(after)
    return objectBody(after, iri, revision)
  })
  if (body.length > GROWTH * limits.bodyBytes) throw unprocessable(`The object would have ${body.length} bytes; it may have ${GROWTH * limits.bodyBytes}.`, { resource: iri })
  return { type: newest.type, revision, before, after, body }
}

/** What would be a bad body of a new object is, as the outcome of a change, one that cannot be done. */
const asUnprocessable = <T>(check: () => T): T => {
  try {
    return check()
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) throw unprocessable(error.message, error.about)
    throw error
  }
}
