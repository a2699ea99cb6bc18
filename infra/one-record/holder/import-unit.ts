import type { Agent } from '../access/port.ts'
import type { Server } from '../endpoints/server.ts'
import { tell } from '../facts.ts'
import { ApiError, invalidBody, notFound, TITLES } from '../http/api-error.ts'
import type { Graph } from '../json-ld/graph.ts'
import { eventBody, readEvent } from '../logistics-events/event-body.ts'
import { getEvent, putEvent } from '../logistics-events/event-rows.ts'
import { CARGO } from '../namespaces.ts'
import { objectBody, objectGraph } from '../objects/body.ts'
import { createObjects } from '../objects/create.ts'
import { findObject, findRevision, putObject, type StoredRevision } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { mostSpecific } from '../ontology/ontology.ts'
import { key } from '../store/key.ts'
import type { Transaction } from '../store/port.ts'
import { isErased } from './erasure-rows.ts'
import type { Unit } from './import-units.ts'

/** What became of one document: `kept` it was there already, exactly so; `left` it is this server's own. */
export type Outcome = 'created' | 'revised' | 'event' | 'kept' | 'left'
type Context = { readonly tx: Transaction; readonly server: Server; readonly agent: Agent }

/**
 * Value of `imported/<object>`, of an object that an import made, or found to be the same: the revision here that it brought last, and
 * that revision's number there. As long as nobody else changed the object, the next revision of its history may follow. Only such an
 * object takes events of an import: one that merely has the same id is another thing.
 */
type Imported = { readonly here: number; readonly there: number | null }

/** Takes one document into the record, or finds it there. @throws ApiError 409 when something else has its address, 400, 404, 507 */
export const importUnit = async (context: Context, unit: Unit): Promise<Outcome> => {
  if (unit.object.startsWith('_')) return 'left'
  return unit.event === null ? importObject(context, unit) : importEvent(context, unit, unit.event)
}

const importObject = async ({ tx, server, agent }: Context, { object: id, iri, revision, graph }: Unit): Promise<Outcome> => {
  const types = graph.get(iri)?.types ?? []
  const type = mostSpecific(types)
  if (type === null) throw invalidBody('@type must name a class of the cargo ontology that is a cargo:LogisticsObject.', { resource: iri })
  const [found, imported] = await Promise.all([findObject(tx, id), importedObject(tx, id)])
  const mark = (now: Imported): void => tx.put(importedKey(id), now)
  if (!found) {
    if (await isErased(tx, id)) throw conflict('The content of this logistics object was erased here.', iri)
    await createObjects(tx, server, [{ id, iri, type, graph }], agent)
    mark({ here: 1, there: revision })
    return 'created'
  }
  const former = revision === null || revision > found.revision ? found : await findRevision(tx, id, revision)
  if (former && (await isSame(tx, former, graph, iri))) {
    if (!imported) mark({ here: found.revision, there: revision === found.revision ? revision : null })
    return 'kept'
  }
  if (imported?.here !== found.revision || imported.there === null || revision !== imported.there + 1) {
    throw conflict('Another logistics object is at this address, or another revision of it.', iri)
  }
  const next = found.revision + 1
  const before = objectGraph(await tx.body(found.place), iri)
  await putObject(tx, { id, type: found.type, revision: next, body: objectBody(graph, iri, next) })
  await tell(tx, server, { kind: 'object-updated', id, iri, types, before, after: graph, changed: changedProperties(before, graph, iri), triggeredBy: null, agent: agent.uri })
  mark({ here: next, there: revision })
  return 'revised'
}

const importedKey = (id: string): string => key('imported', id)
const importedObject = async (tx: Transaction, id: string): Promise<Imported | null> => (await tx.get<Imported>(importedKey(id)))?.value ?? null

const isSame = async (tx: Transaction, { place, revision }: StoredRevision, graph: Graph, iri: string): Promise<boolean> =>
  (await tx.body(place)).equals(objectBody(graph, iri, revision))

/** Properties of the object itself whose values are others. */
const changedProperties = (before: Graph, after: Graph, iri: string): readonly string[] => {
  const [was, is] = [before.get(iri)?.properties, after.get(iri)?.properties]
  return [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].filter((property) => JSON.stringify(was?.get(property)) !== JSON.stringify(is?.get(property)))
}

const importEvent = async ({ tx, server, agent }: Context, { object: id, iri, graph }: Unit, event: string): Promise<Outcome> => {
  const about = objectIri(server.base, id)
  const object = await findObject(tx, id)
  if (!object) throw notFound(about)
  if (!(await importedObject(tx, id))) throw conflict('The logistics object of this event is another one here.', iri)
  const given = readEvent({ graph, roots: [iri], hasGraph: false })
  if (given.eventFor.some((other) => other !== about)) throw invalidBody('cargo:eventFor is another logistics object than the one of the event\'s address.', { property: `${CARGO}eventFor`, resource: iri })
  const created = createdAt(graph, iri) ?? tx.at.getTime()
  const body = eventBody(given, { iri, object: about, created })
  const found = await getEvent(tx, id, event)
  if (found?.place) {
    if ((await tx.body(found.place)).equals(body)) return 'kept'
    throw conflict('Another logistics event is at this address.', iri)
  }
  await putEvent(tx, id, { id: event, place: tx.keep(body), created, occurred: given.occurred, code: given.code, type: given.type })
  await tell(tx, server, { kind: 'event-received', id, iri: about, types: [object.type], event: iri, eventTypes: given.types, agent: agent.uri })
  return 'event'
}

const createdAt = (graph: Graph, iri: string): number | null => {
  const [value] = graph.get(iri)?.properties.get(`${CARGO}creationDate`)?.values ?? []
  const time = value?.kind === 'literal' ? Date.parse(String(value.value)) : Number.NaN
  return time >= 0 && time < Date.parse('9999-12-31T00:00:00Z') ? time : null
}

const conflict = (message: string, resource: string): ApiError => new ApiError(409, TITLES.conflict, message, { resource })
