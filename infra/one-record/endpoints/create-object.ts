import type { Answer } from '../http/answer.ts'
import { readLinkedData } from '../http/document.ts'
import type { Call } from '../http/router.ts'
import { createObjects } from '../objects/create.ts'
import { splitObjects } from '../objects/split.ts'
import type { Server } from './server.ts'

/** POST /logistics-objects: all objects of the body in one commit. Internal only, as the standard has it. 201 without a body. */
export const createObject = (server: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  server.access.holderOnly(agent)
  const objects = splitObjects(await readLinkedData(request, server.maxBodyBytes), server.base, server)
  await server.record.write((tx) => createObjects(tx, server, objects, agent))
  const [{ iri, type }] = objects
  return { status: 201, headers: { location: iri, type, revision: '1', 'latest-revision': '1' } }
}
