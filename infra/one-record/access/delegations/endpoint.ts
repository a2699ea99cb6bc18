import type { Server } from '../../endpoints/server.ts'
import type { Answer } from '../../http/answer.ts'
import { ApiError } from '../../http/api-error.ts'
import { readLinkedData } from '../../http/document.ts'
import { checkAccept } from '../../http/negotiate.ts'
import type { Call } from '../../http/router.ts'
import { API } from '../../namespaces.ts'
import { objectIri } from '../../objects/split.ts'
import { contentNode } from '../../requests/content.ts'
import { openRequest } from '../../requests/requests.ts'
import type { Reader } from '../../store/port.ts'
import { bodyLimit } from '../body-limit.ts'
import { allows } from '../grants/allows.ts'
import type { Agent } from '../port.ts'
import { forbidden } from '../refusals.ts'
import { checkExpiry, readDelegation, type Delegation } from './delegation.ts'

/**
 * POST /access-delegations: any agent asks for itself; for others who has the permissions itself (API 2.3.0, Access Delegations).
 * Whether an object exists is not told: that comes out when the holder decides.
 */
export const requestDelegation = (server: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  checkAccept(request.headers.accept)
  const document = await readLinkedData(request, await bodyLimit(server, agent))
  const { delegation, root } = readDelegation(document, server.base)
  const content = contentNode(document.graph, root.id)
  const { iri, error } = await server.record.write(async (tx) => {
    checkExpiry(delegation.expiresAt, tx.at.getTime())
    await checkRequestor(tx, agent, delegation, server.base)
    const { objects, notify } = delegation
    return openRequest(tx, server, { type: 'AccessDelegationRequest', content, objects, notify }, agent)
  })
  // the holder's own, decided at once: the failed request is kept, and where is said
  if (error) throw new ApiError(error.status, error.title, error.message, error.about, { location: iri })
  return { status: 201, headers: { location: iri, type: `${API}AccessDelegationRequest` } }
}

const checkRequestor = async (reader: Reader, agent: Agent, { agents, objects, permissions }: Delegation, base: string): Promise<void> => {
  if (agent.isHolder || agents.every((other) => other === agent.uri)) return
  const now = Date.now()
  for (const object of objects) {
    for (const permission of permissions) {
      if (!(await allows(reader, { agent: agent.uri, object, permission, now }))) throw forbidden(`You may not ask for others what you have not got yourself: ${permission}.`, objectIri(base, object))
    }
  }
}
