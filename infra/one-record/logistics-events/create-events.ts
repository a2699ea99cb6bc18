import { randomUUID } from 'node:crypto'
import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { ApiError, errorNode, invalidBody, notFound } from '../http/api-error.ts'
import type { Call } from '../http/router.ts'
import { API, CARGO } from '../namespaces.ts'
import { objectIri } from '../objects/split.ts'
import type { Transaction } from '../store/port.ts'
import { readEventOf } from './create-event.ts'
import { receiveEvent } from './receive-event.ts'

/** Objects that one request may name; each is an event of its own. */
const MOST_TARGETS = 1_000

/**
 * POST /logistics-events (2.3.0, Create multiple Logistics Events): one event for each object that eventFor names and the agent may
 * add events to, all in one commit. 207 says what became of each.
 */
export const createEvents = (server: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  const event = await readEventOf(server, request)
  const about = { property: `${CARGO}eventFor` }
  if (event.eventFor.length === 0) throw invalidBody('cargo:eventFor must name at least one logistics object.', about)
  if (event.eventFor.length > MOST_TARGETS) throw invalidBody(`cargo:eventFor names more than ${MOST_TARGETS} logistics objects.`, about)

  const receive = async (tx: Transaction, target: string): Promise<Result> => {
    try {
      return { target, made: await receiveEvent(tx, server, { event, object: localId(server.base, target), agent }) }
    } catch (error) {
      if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return { target, error }
      throw error
    }
  }
  const results = await server.record.write(async (tx) => {
    const all: Result[] = []
    // one after the other: each sees what the ones before it put
    for (const target of event.eventFor) all.push(await receive(tx, target))
    return all
  })
  const created = results.filter((result) => 'made' in result).length
  return {
    status: 207,
    body: JSON.stringify({
      '@context': { api: API },
      '@id': `internal:${randomUUID()}`,
      '@type': 'api:MultiStatusResponse',
      'api:hasTotalItems': results.length,
      'api:hasTotalCreated': created,
      'api:hasTotalFailed': results.length - created,
      'api:hasCreationResult': results.map(resultNode),
    }),
    headers: { type: `${API}MultiStatusResponse` },
  }
}

type Result = { readonly target: string } & ({ readonly made: string } | { readonly error: ApiError })

const resultNode = (result: Result) => ({
  '@id': `internal:${randomUUID()}`,
  '@type': 'api:EventCreationResult',
  'api:hasHTTPStatus': 'made' in result ? 201 : result.error.status,
  'api:hasLogisticsObject': { '@id': result.target },
  ...('made' in result ? { 'api:hasLogisticsEvent': { '@id': result.made } } : { 'api:hasError': errorNode(result.error) }),
})

/** @throws ApiError 404 for an object of another server */
const localId = (base: string, target: string): string => {
  const prefix = objectIri(base, '')
  const id = target.startsWith(prefix) ? target.slice(prefix.length).replace(/\/$/, '') : ''
  if (id === '' || /[/?#]/.test(id)) throw notFound(target)
  return id
}
