import { readChange, type Change } from '../change/change.ts'
import { MOST_PENDING } from '../change/effect.ts'
import { judgeChange } from '../change/judge.ts'
import type { Answer } from '../http/answer.ts'
import { ApiError, notFound, TITLES, unprocessable } from '../http/api-error.ts'
import { readLinkedData } from '../http/document.ts'
import type { Call } from '../http/router.ts'
import { API } from '../namespaces.ts'
import { validate } from '../objects/check.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { contentNode } from '../requests/content.ts'
import type { Outcome } from '../requests/port.ts'
import { decideRequest, holderAgent, openRequest } from '../requests/requests.ts'
import { findRequest, pendingChanges } from '../requests/rows.ts'
import type { Reader, Transaction } from '../store/port.ts'
import type { Server } from './server.ts'

/**
 * PATCH /logistics-objects/{id}: a change request. The holder's own is accepted and applied at once, in one commit; that of another
 * agent with PATCH_LOGISTICS_OBJECT waits for the holder. What nobody could accept has failed at once: with code 409, and 201, when
 * it was made for another revision, else with 422; the failed request is kept all the same.
 */
export const changeObject = (server: Server) => async ({ request, id, agent }: Call): Promise<Answer> => {
  const iri = objectIri(server.base, id)
  const reader = server.record.reader()
  await server.access.check(reader, agent, 'PATCH_LOGISTICS_OBJECT', id)
  if (!(await findObject(reader, id))) throw notFound(iri)
  const document = await readLinkedData(request, server.maxBodyBytes)
  const change = readChange(document, iri, server.strictness)
  validate(document.graph, server)
  const content = contentNode(change.graph, change.root)

  const outcome = await server.record.write(async (tx): Promise<Outcome> => {
    await checkVerifications(tx, server, id, change)
    if (!agent.isHolder) await checkRoom(tx, id, iri)
    const opened = await openRequest(tx, server, { type: 'ChangeRequest', content, objects: [id], notify: change.notify, revision: change.revision }, agent)
    if (agent.isHolder || await isPossible(tx, server, id, change)) return opened
    return decideRequest(tx, server, opened.request.id, 'REQUEST_ACCEPTED', holderAgent(server))
  })
  const { iri: location, error } = outcome
  if (error && error.status !== 409) throw new ApiError(422, TITLES.unprocessable, error.message, error.about, { location })
  return { status: 201, headers: { location, type: `${API}ChangeRequest` } }
}

const isPossible = async (tx: Transaction, server: Server, id: string, change: Change): Promise<boolean> => {
  try {
    await judgeChange(tx, server, id, change)
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return false
    throw error
  }
}

const checkRoom = async (reader: Reader, id: string, resource: string): Promise<void> => {
  if ((await pendingChanges(reader, id, MOST_PENDING)).length >= MOST_PENDING) throw unprocessable(`${MOST_PENDING} changes of this object wait for a decision already.`, { resource })
}

/** A change may name verification requests that it answers: of this object, and so of this server. @throws ApiError 422 */
const checkVerifications = async (reader: Reader, { base }: Server, id: string, { verifications }: Change): Promise<void> => {
  const prefix = `${base}/action-requests/`
  for (const resource of verifications) {
    const found = resource.startsWith(prefix) ? await findRequest(reader, resource.slice(prefix.length)) : null
    if (found?.value.type !== 'VerificationRequest' || found.value.object !== id) {
      throw unprocessable('api:hasVerificationRequest must be a verification request of this object.', { property: `${API}hasVerificationRequest`, resource })
    }
  }
}
