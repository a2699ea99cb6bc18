import type { Agent } from '../access/port.ts'
import type { Server } from '../endpoints/server.ts'
import { tell } from '../facts.ts'
import { isErased } from '../holder/erasure-rows.ts'
import { ApiError, storageFull, TITLES } from '../http/api-error.ts'
import type { Transaction } from '../store/port.ts'
import { USAGE, type Usage } from '../store/usage.ts'
import { objectBody } from './body.ts'
import { findObject, putObject } from './rows.ts'
import type { NewObject } from './split.ts'

/**
 * Makes new objects, each at revision 1, with all that follows from it. An id that was erased is not given again.
 * @throws ApiError 409, 507
 */
export const createObjects = async (tx: Transaction, server: Server, objects: readonly NewObject[], agent: Agent): Promise<void> => {
  for (const { id, iri, type, graph } of objects) {
    if ((await findObject(tx, id)) || (await isErased(tx, id))) throw new ApiError(409, TITLES.conflict, 'A logistics object with this id exists already.', { resource: iri })
    await putObject(tx, { id, type, revision: 1, body: objectBody(graph, iri, 1) })
    const object = graph.get(iri)
    await tell(tx, server, {
      kind: 'object-created', id, iri, types: object?.types ?? [type], before: null, after: graph, changed: [...(object?.properties.keys() ?? [])], triggeredBy: null, agent: agent.uri,
    })
  }
  if (((await tx.get<Usage>(USAGE))?.value.objects ?? 0) > server.limits.objects) {
    server.noteLimit('objects')
    throw storageFull()
  }
}
