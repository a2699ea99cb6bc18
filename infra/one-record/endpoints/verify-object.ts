import { bodyLimit } from '../access/body-limit.ts'
import type { Answer } from '../http/answer.ts'
import { notFound, unprocessable } from '../http/api-error.ts'
import { readLinkedData } from '../http/document.ts'
import type { Call } from '../http/router.ts'
import { API } from '../namespaces.ts'
import { validate } from '../objects/check.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { contentNode } from '../requests/content.ts'
import { openRequest } from '../requests/requests.ts'
import { readVerification } from '../verification/verification.ts'
import type { Server } from './server.ts'

/**
 * POST /logistics-objects/{id}: a verification request, from whoever may read the object (docs/decisions/0029): an issue seen in it.
 * @throws ApiError 422 for a revision that the object never had
 */
export const verifyObject = (server: Server) => async ({ request, id, agent }: Call): Promise<Answer> => {
  const iri = objectIri(server.base, id)
  const reader = server.record.reader()
  await server.access.check(reader, agent, 'GET_LOGISTICS_OBJECT', id)
  if (!(await findObject(reader, id))) throw notFound(iri)
  const document = await readLinkedData(request, await bodyLimit(server, agent))
  const { revision, notify, graph, root } = readVerification(document, iri)
  validate(graph, server)
  const content = contentNode(graph, root)

  const { iri: location } = await server.record.write(async (tx) => {
    const newest = await findObject(tx, id)
    if (!newest) throw notFound(iri)
    if (revision > newest.revision) throw unprocessable(`The object has no revision ${revision}; it is at ${newest.revision}.`, { property: `${API}hasRevision`, resource: iri })
    return openRequest(tx, server, { type: 'VerificationRequest', content, objects: [id], notify }, agent)
  })
  return { status: 201, headers: { location, type: `${API}VerificationRequest` } }
}
