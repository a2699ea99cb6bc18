import { randomUUID } from 'node:crypto'
import { applyChange } from '../change/apply.ts'
import { readChange } from '../change/change.ts'
import { CHANGE_REQUEST, changeRequestBody } from '../change/request.ts'
import type { Answer } from '../http/answer.ts'
import { ApiError, notFound, TITLES } from '../http/api-error.ts'
import { readBody } from '../http/body.ts'
import type { Call } from '../http/router.ts'
import type { Graph } from '../json-ld/graph.ts'
import { parseJson, readJsonLd } from '../json-ld/reader.ts'
import { checkTerms } from '../objects/check.ts'
import { objectBody, objectGraph } from '../objects/body.ts'
import { findObject, putObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { key } from '../store/key.ts'
import { DATA_HOLDER, requestIri, type Server } from './server.ts'

/**
 * PATCH /logistics-objects/{id}: a change, applied at once, since whoever may write here is the holder. Object and request change
 * in one commit. 201 with the request's address, also when the change was made for another revision (the request says that it
 * failed, with code 409); 422 when an operation cannot be done, and the failed request is kept all the same.
 */
export const changeObject = ({ base, maxBodyBytes, record }: Server) => async ({ request, id }: Call): Promise<Answer> => {
  const iri = objectIri(base, id)
  const document = readJsonLd(parseJson(await readBody(request, maxBodyBytes)))
  if (!(await findObject(record.reader(), id))) throw notFound(iri)
  checkTerms(document.graph)
  const change = readChange(document, iri)
  const requestId = randomUUID()
  const location = requestIri(base, requestId)

  const error = await record.write(async (transaction) => {
    const newest = await findObject(transaction, id)
    if (!newest) throw notFound(iri)
    const stored = await transaction.body(newest.place)
    const result = attempt(() => {
      if (change.revision !== newest.revision) throw new ApiError(409, TITLES.conflict, `The change is for revision ${change.revision}, but the object is at ${newest.revision}.`, { resource: iri })
      return applyChange(objectGraph(stored, iri), iri, change, newest.revision + 1)
    })
    const failed = result instanceof ApiError ? result : null
    if (!(result instanceof ApiError)) {
      const revision = newest.revision + 1
      await putObject(transaction, { id, type: newest.type, revision, body: objectBody(result, iri, revision) })
    }
    const body = changeRequestBody(location, { change, at: transaction.at, agent: objectIri(base, DATA_HOLDER), error: failed })
    transaction.put(key('request', requestId), { type: CHANGE_REQUEST }, transaction.keep(body))
    transaction.put(key('request-of', id, transaction.at, requestId), null)
    return failed
  })
  if (error?.status === 422) throw new ApiError(422, TITLES.unprocessable, error.message, error.about, { location })
  return { status: 201, headers: { location, type: CHANGE_REQUEST } }
}

/** The changed graph, or why it cannot be. */
const attempt = (change: () => Graph): Graph | ApiError => {
  try {
    return change()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}
