import { randomUUID } from 'node:crypto'
import type { Agent } from '../access/port.ts'
import { DATA_HOLDER, requestIri, type Server } from '../endpoints/server.ts'
import { tell } from '../facts.ts'
import { ApiError, errorNode, notFound } from '../http/api-error.ts'
import { API } from '../namespaces.ts'
import { objectIri } from '../objects/split.ts'
import type { Place, Reader, Transaction } from '../store/port.ts'
import type { Node } from './document.ts'
import { EFFECTS } from './effects.ts'
import type { EffectContext, NewRequest, Outcome } from './port.ts'
import { decide, evolve, type ActionRequest, type ChangeStatus } from './request.ts'
import { findRequest, insertRequest, updateRequest } from './rows.ts'
import { countWaiting, waitsNoMore } from './share.ts'
import { grantedStatus, type Status } from './states.ts'
import { watched } from './watched.ts'

/** The holder, when the server acts for it. */
export const holderAgent = ({ base }: Pick<Server, 'base'>): Agent => ({ uri: objectIri(base, DATA_HOLDER), isHolder: true })

/**
 * Makes an action request, pending; the holder's own is accepted at once (API 2.3.0, Guidelines for Action Requests), and may have
 * failed then. @param agent who asks @throws ApiError 422 when too many of its requests wait
 */
export const openRequest = async (tx: Transaction, server: Server, { type, content, objects, notify, revision }: NewRequest, agent: Agent): Promise<Outcome> => {
  const at = tx.at.getTime()
  const isStrangers = await countWaiting(tx, agent)
  const request: ActionRequest = {
    id: randomUUID(), type, object: objects[0] ?? null, requestedBy: agent.uri, requestedAt: at, notify, revision: revision ?? null,
    status: 'REQUEST_PENDING', since: at, history: [], errors: null,
    ...(isStrangers ? { isStrangers } : {}),
  }
  insertRequest(tx, request, objects, content)
  await tellStatus(tx, server, request, agent)
  if (agent.isHolder) return decideRequest(tx, server, request.id, grantedStatus(type), agent)
  return { request, iri: requestIri(server.base, request.id), error: null }
}

/**
 * Moves a request to another status, with all that follows, in one transaction. What cannot be carried out once it is accepted is
 * REQUEST_FAILED: that is an outcome, not a throw, since it has to be kept.
 * @throws ApiError 404 for no request, 403 when it is not the agent's to do, 422 when its state forbids it; what an effect throws
 * after it began to write
 */
export const decideRequest = async (tx: Transaction, server: Server, id: string, to: Status, agent: Agent): Promise<Outcome> => {
  const { request, place } = await requireRequest(tx, server, id)
  const iri = requestIri(server.base, id)
  const moved = await move(tx, server, request, place, { to, agent })
  if (moved === request) return { request, iri, error: null }
  const effect = watched(tx)
  const context: EffectContext = {
    tx: effect.tx, server, request: moved, iri, agent, content: await readNode(tx, place),
    decide: (other, status, by) => decideRequest(effect.tx, server, other, status, by),
  }
  if (to === 'REQUEST_REVOKED') await EFFECTS[request.type].revoked?.({ ...context, was: request.status })
  if (to !== grantedStatus(request.type)) return { request: moved, iri, error: null }
  try {
    await EFFECTS[request.type].accepted?.(context)
    return { request: moved, iri, error: null }
  } catch (error) {
    // what was half done, or could not be now, is not kept at all: the whole transaction ends
    if (!(error instanceof ApiError) || error.status >= 500 || effect.hasWritten()) throw error
    return { request: await move(tx, server, moved, place, failure(tx, server, error)), iri, error }
  }
}

const failure = (tx: Transaction, server: Server, error: ApiError): Omit<ChangeStatus, 'at'> => ({
  to: 'REQUEST_FAILED', agent: holderAgent(server), roles: ['server'], errors: tx.keep(Buffer.from(JSON.stringify([errorNode(error)]))),
})

const move = async (tx: Transaction, server: Server, request: ActionRequest, content: Place | null, change: Omit<ChangeStatus, 'at'>): Promise<ActionRequest> => {
  const event = decide(request, { ...change, at: tx.at.getTime() })
  if (!event) return request
  const moved = evolve(request, event)
  updateRequest(tx, request, moved, content)
  if (request.requestedBy !== holderAgent(server).uri) await waitsNoMore(tx, request, change.agent)
  await tellStatus(tx, server, moved, change.agent)
  return moved
}

const tellStatus = (tx: Transaction, server: Server, { id, type, status, object, requestedBy, notify }: ActionRequest, agent: Agent): Promise<void> =>
  tell(tx, server, {
    kind: 'request-changed', request: requestIri(server.base, id), type: API + type, status,
    object: object === null ? null : objectIri(server.base, object), requestedBy, notify, agent: agent.uri,
  })

const requireRequest = async (reader: Reader, server: Server, id: string): Promise<{ readonly request: ActionRequest; readonly place: Place | null }> => {
  const row = await findRequest(reader, id)
  if (!row) throw notFound(requestIri(server.base, id))
  return { request: row.value, place: row.place }
}

const readNode = async (reader: Reader, place: Place | null): Promise<Node> => (place ? JSON.parse((await reader.body(place)).toString()) as Node : {})

/** What a request asks for and what went wrong with it, for showing it. */
export const showRequest = async (reader: Reader, server: Pick<Server, 'base'>, request: ActionRequest, place: Place | null) => ({
  iri: requestIri(server.base, request.id), request, content: await readNode(reader, place),
  errors: request.errors ? JSON.parse((await reader.body(request.errors)).toString()) as readonly Node[] : [],
})
