import { readJsonLd } from '../json-ld/reader.ts'
import type { Graph } from '../json-ld/graph.ts'
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
  return new Map(graph).set(iri, { ...object, properties })
}

const OBJECT_ADDRESS = /^https?:\/\/[^?#]+\/logistics-objects\/[^/?#]+\/?$/

/** A former revision as served: the object and all logistics objects it links to, wherever they are, are named as of that time. */
export const historicalBody = (
  body: Buffer, iri: string, { at, revision, latest }: { readonly at: string; readonly revision: number; readonly latest: number },
): Buffer => {
  const asOf = (id: string): string => (OBJECT_ADDRESS.test(id) ? `${id}?at=${at}` : id)
  return Buffer.from(JSON.stringify(writeDocument(objectGraph(body, iri), iri, { 'api:hasRevision': revision, 'api:hasLatestRevision': latest }, asOf)))
}
