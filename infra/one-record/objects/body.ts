import { readJsonLd } from '../json-ld/reader.ts'
import { linkedFrom, type Graph, type Subject } from '../json-ld/graph.ts'
import { writeDocument } from '../json-ld/writer.ts'
import { API } from '../namespaces.ts'

/** An object as it is stored and served. `revision`: its own, and the latest when it was written. */
export const objectBody = (graph: Graph, iri: string, revision: number): Buffer =>
  Buffer.from(JSON.stringify(writeDocument(graph, iri, { 'api:hasRevision': revision, 'api:hasLatestRevision': revision })))

/** What was accepted must be readable, nested more deeply than a client may or not. */
const STORED = { depth: 500, nodes: 1_000_000, contexts: 10, contextTerms: 10 }

/** The graph of a stored object, without the revisions that the server adds. */
export const objectGraph = (body: Buffer, iri: string): Graph => {
  const { graph } = readJsonLd(JSON.parse(body.toString()), STORED)
  const object = graph.get(iri)
  if (!object) throw new Error(`a stored body is not of ${iri}`)
  const properties = new Map([...object.properties].filter(([property]) => property !== `${API}hasRevision` && property !== `${API}hasLatestRevision`))
  const whole = new Map<string, Subject>(graph).set(iri, { ...object, properties })
  // an embedded object of which nothing is said reads like a link
  for (const id of [...graph.values()].flatMap(linkedFrom)) if (id.startsWith('internal:') && !graph.has(id)) whole.set(id, { id, types: [], properties: new Map() })
  return whole
}

const OBJECT_ADDRESS = /^https?:\/\/[^?#]+\/logistics-objects\/[^/?#]+\/?$/

/** Number of a revision, and of the newest one. */
export type Revision = { readonly revision: number; readonly latest: number }
export const revisions = ({ revision, latest }: Revision) => ({ 'api:hasRevision': revision, 'api:hasLatestRevision': latest })

/** Names logistics objects, wherever they are, as of a time `YYYYMMDDThhmmssZ`; null: as they are now. */
export const asOf = (at: string | null) => (id: string): string => (at !== null && OBJECT_ADDRESS.test(id) ? `${id}?at=${at}` : id)

/** A former revision as served: the object and all logistics objects it links to are named as of that time, if it was asked for by one. */
export const historicalBody = (body: Buffer, iri: string, { at, ...revision }: Revision & { readonly at: string | null }): Buffer =>
  Buffer.from(JSON.stringify(writeDocument(objectGraph(body, iri), iri, revisions(revision), asOf(at))))
