import { readJsonLd } from '../json-ld/reader.ts'
import type { Graph } from '../json-ld/graph.ts'
import { writeDocument } from '../json-ld/writer.ts'
import { API } from '../namespaces.ts'

/** An object as it is stored and served. `revision`: its own, and the latest when it was written. */
export const objectBody = (graph: Graph, iri: string, revision: number): Buffer =>
  Buffer.from(JSON.stringify(writeDocument(graph, iri, { 'api:hasRevision': revision, 'api:hasLatestRevision': revision })))

/** The graph of a stored object, without the revisions that the server adds. */
export const objectGraph = (body: Buffer, iri: string): Graph => {
  const { graph } = readJsonLd(JSON.parse(body.toString()))
  const object = graph.get(iri)
  if (!object) throw new Error(`a stored body is not of ${iri}`)
  const properties = new Map([...object.properties].filter(([property]) => property !== `${API}hasRevision` && property !== `${API}hasLatestRevision`))
  return new Map(graph).set(iri, { ...object, properties })
}

/** A former revision as served: the object and all logistics objects it links to are named as of the same time. */
export const historicalBody = (
  body: Buffer, iri: string, { base, at, revision, latest }: { readonly base: string; readonly at: string; readonly revision: number; readonly latest: number },
): Buffer => {
  const asOf = (id: string): string => (id.startsWith(`${base}/logistics-objects/`) && !id.includes('?') ? `${id}?at=${at}` : id)
  return Buffer.from(JSON.stringify(writeDocument(objectGraph(body, iri), iri, { 'api:hasRevision': revision, 'api:hasLatestRevision': latest }, asOf)))
}
