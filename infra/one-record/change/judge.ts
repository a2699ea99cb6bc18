import type { Server } from '../endpoints/server.ts'
import { ApiError, notFound, TITLES, unprocessable } from '../http/api-error.ts'
import type { Graph } from '../json-ld/graph.ts'
import { objectBody, objectGraph } from '../objects/body.ts'
import { faults } from '../objects/check.ts'
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
export const judgeChange = async (reader: Reader, { base, limits, strictness }: Pick<Server, 'base' | 'limits' | 'strictness'>, id: string, change: Change): Promise<Judgement> => {
  const iri = objectIri(base, id)
  const newest = await findObject(reader, id)
  if (!newest) throw notFound(iri)
  if (change.revision !== newest.revision) {
    throw new ApiError(409, TITLES.conflict, `The change is for revision ${change.revision}, but the object is at ${newest.revision}.`, { resource: iri })
  }
  const revision = newest.revision + 1
  const before = objectGraph(await reader.body(newest.place), iri)
  const after = applyChange(before, iri, change, revision)
  checkResult(before, after, strictness)
  const body = written(after, iri, revision)
  if (body.length > GROWTH * limits.bodyBytes) throw unprocessable(`The object would have ${body.length} bytes; it may have ${GROWTH * limits.bodyBytes}.`, { resource: iri })
  return { type: newest.type, revision, before, after, body }
}

/** A fault that the object had before is not the change's: the ontologies, or how closely they are held to, may have changed since. */
const checkResult = (before: Graph, after: Graph, strictness: Server['strictness']): void => {
  const [first, ...others] = faults(after, { strictness })
  if (!first) return
  const known = new Set([...faults(before, { strictness })].map((fault) => JSON.stringify(fault)))
  const fault = [first, ...others].find((each) => !known.has(JSON.stringify(each)))
  if (!fault) return
  const { message, ...about } = fault
  throw unprocessable(message, about)
}

/** @throws ApiError 422 when it would nest more deeply than can be read again */
const written = (graph: Graph, iri: string, revision: number): Buffer => {
  try {
    return objectBody(graph, iri, revision)
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) throw unprocessable(error.message, error.about)
    throw error
  }
}
