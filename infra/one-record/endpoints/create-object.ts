import type { Answer } from '../http/answer.ts'
import { ApiError, TITLES } from '../http/api-error.ts'
import { readBody } from '../http/body.ts'
import type { Call } from '../http/router.ts'
import { parseJson, readJsonLd } from '../json-ld/reader.ts'
import { objectBody } from '../objects/body.ts'
import { splitObjects } from '../objects/split.ts'
import type { Server } from './server.ts'

/** POST /logistics-objects: all objects of the body in one commit. 201 without a body. */
export const createObject = ({ base, maxBodyBytes, record }: Server) => async ({ request }: Call): Promise<Answer> => {
  const objects = splitObjects(readJsonLd(parseJson(await readBody(request, maxBodyBytes))), base)
  const bodies = objects.map(({ id, iri, type, graph }) => ({ id, type, iri, revision: 1, body: objectBody(graph, iri, 1) }))
  await record.write(async (transaction) => {
    const taken = bodies.find(({ id }) => transaction.exists(id))
    if (taken) throw new ApiError(409, TITLES.conflict, 'A logistics object with this id exists already.', { resource: taken.iri })
    for (const { iri: _, ...object } of bodies) transaction.putObject(object)
  })
  const [{ iri, type }] = objects
  return { status: 201, headers: { location: iri, type, revision: '1', 'latest-revision': '1' } }
}
