import type { Answer } from '../http/answer.ts'
import { ApiError, storageFull, TITLES } from '../http/api-error.ts'
import { readBody } from '../http/body.ts'
import type { Call } from '../http/router.ts'
import { parseJson, readJsonLd } from '../json-ld/reader.ts'
import { objectBody } from '../objects/body.ts'
import { findObject, putObject } from '../objects/rows.ts'
import { splitObjects } from '../objects/split.ts'
import { USAGE, type Usage } from '../store/usage.ts'
import type { Server } from './server.ts'

/** POST /logistics-objects: all objects of the body in one commit. 201 without a body. */
export const createObject = ({ base, limits, maxBodyBytes, noteLimit, record }: Server) => async ({ request }: Call): Promise<Answer> => {
  const objects = splitObjects(readJsonLd(parseJson(await readBody(request, maxBodyBytes))), base)
  const bodies = objects.map(({ id, iri, type, graph }) => ({ id, type, iri, revision: 1, body: objectBody(graph, iri, 1) }))
  await record.write(async (transaction) => {
    for (const { iri: resource, ...object } of bodies) {
      if (await findObject(transaction, object.id)) throw new ApiError(409, TITLES.conflict, 'A logistics object with this id exists already.', { resource })
      await putObject(transaction, object)
    }
    if (((await transaction.get<Usage>(USAGE))?.value.objects ?? 0) > limits.objects) {
      noteLimit('objects')
      throw storageFull()
    }
  })
  const [{ iri, type }] = objects
  return { status: 201, headers: { location: iri, type, revision: '1', 'latest-revision': '1' } }
}
