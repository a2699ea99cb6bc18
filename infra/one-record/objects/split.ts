import { invalidBody } from '../http/api-error.ts'
import { isBlank, linkedFrom, renameSubject, type Graph, type Subject } from '../json-ld/graph.ts'
import type { Document } from '../json-ld/reader.ts'
import { API } from '../namespaces.ts'
import { isLogisticsObject, mostSpecific } from '../ontology/ontology.ts'
import { validate, type Options } from './check.ts'
import { newObjectId } from './new-id.ts'
import { stableId } from './stable-id.ts'

/** One logistics object of a body: its graph holds it (`iri`) and its embedded objects. `id` is the last segment of `iri`. */
export type NewObject = { readonly id: string; readonly iri: string; readonly type: string; readonly graph: Graph }

/** Ids that begin with an underscore are this server's own. */
const OBJECT_ID = /^[A-Za-z0-9][\w.~-]{0,127}$/
const SET_BY_SERVER = [`${API}hasRevision`, `${API}hasLatestRevision`]

/** IRI of an object of this server. `base`: public base URL without a slash at its end. */
export const objectIri = (base: string, id: string): string => `${base}/logistics-objects/${id}`

/**
 * The logistics objects that a body to POST /logistics-objects makes, the posted one first. A nested node of a logistics object
 * class that says more than its id and types becomes an object of its own; all others stay embedded and get stable ids. An id
 * that was sent keeps its last segment below this server's address (the standard's 409 speaks of ids that exist already).
 * @throws ApiError 400
 */
export const splitObjects = (document: Document, base: string, options: Options = { strictness: 'strict' }): readonly [NewObject, ...NewObject[]] => {
  if (document.hasGraph) throw invalidBody('A body that makes an object must not contain @graph.')
  const graph: Graph = new Map([...document.graph].map(([id, subject]) => [id, withoutRevisions(subject)]))
  const root = rootOf(document.roots, graph)
  validate(graph, options)
  const own = [root, ...[...graph.values()].filter((subject) => subject !== root && becomesObject(subject))]

  const localIds = new Map(own.map(({ id }) => [id, localId(id)]))
  if (new Set(localIds.values()).size < own.length) throw invalidBody('Two objects of the body have the same id.')
  const iris = new Map([...localIds].map(([id, local]) => [id, objectIri(base, local)]))

  const placed = new Map<string, string>()
  const place = (subject: Subject): NewObject => {
    const id = localIds.get(subject.id) ?? ''
    const iri = objectIri(base, id)
    const embedded = reach(subject, graph, (link) => !iris.has(link))
    for (const { id: label, properties } of embedded) {
      if (placed.has(label) && (isBlank(label) || properties.size > 0)) throw invalidBody('An embedded object belongs to two logistics objects.', { resource: label })
      placed.set(label, iri)
    }
    const rename = (label: string): string =>
      iris.get(label) ?? (isBlank(label) || label.startsWith('internal:') ? stableId(iri, 1, label) : label)
    const renamed = [subject, ...embedded].map((each) => renameSubject(each, rename))
    return { id, iri, type: mostSpecific(subject.types) ?? '', graph: new Map(renamed.map((each) => [each.id, each])) }
  }
  const objects: readonly [NewObject, ...NewObject[]] = [place(root), ...own.slice(1).map(place)]
  const lost = [...graph.keys()].find((id) => !iris.has(id) && !placed.has(id))
  if (lost !== undefined) throw invalidBody('A node of the body is not linked to its logistics object.', { resource: lost })
  return objects
}

const withoutRevisions = (subject: Subject): Subject => ({
  ...subject, properties: new Map([...subject.properties].filter(([iri]) => !SET_BY_SERVER.includes(iri))),
})

const rootOf = (roots: readonly string[], graph: Graph): Subject => {
  const subjects = roots.flatMap((id) => graph.get(id) ?? [])
  const linked = new Set([...graph.values()].flatMap((subject) => linkedFrom(subject).filter((id) => id !== subject.id)))
  const candidates = subjects.length === 1 ? subjects : subjects.filter(({ id, types }) => !linked.has(id) && types.some(isLogisticsObject))
  const [root] = candidates
  if (!root || candidates.length > 1) throw invalidBody(`The body must hold one logistics object that all others belong to; it holds ${candidates.length}.`)
  if (mostSpecific(root.types) === null) throw invalidBody('@type must name a class of the cargo ontology that is a cargo:LogisticsObject.', { resource: root.id })
  return root
}

/** With an id and types alone it is a link to an object that is somewhere else. */
const becomesObject = ({ id, types, properties }: Subject): boolean => types.some(isLogisticsObject) && (isBlank(id) || properties.size > 0)

const localId = (id: string): string => {
  const [, segment = ''] = /\/logistics-objects\/([^/?#]+)\/?$/.exec(id) ?? []
  return OBJECT_ID.test(segment) ? segment : newObjectId()
}

/** Subjects that can be reached from `start` over links that `follow` allows, without `start` itself. */
export const reach = (start: Subject, graph: Graph, follow: (id: string) => boolean = () => true): Subject[] => {
  const found = new Map<string, Subject>([[start.id, start]])
  for (const subject of found.values()) {
    for (const id of linkedFrom(subject)) {
      const next = graph.get(id)
      if (next && !found.has(id) && follow(id)) found.set(id, next)
    }
  }
  found.delete(start.id)
  return [...found.values()]
}
