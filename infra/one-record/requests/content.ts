import { randomUUID } from 'node:crypto'
import { isBlank, renameSubject, type Graph } from '../json-ld/graph.ts'
import { readJsonLd, type Document } from '../json-ld/reader.ts'
import { compactIri, CONTEXT, writeNode } from '../json-ld/writer.ts'
import { API } from '../namespaces.ts'
import { stableId } from '../objects/stable-id.ts'
import type { Node } from './document.ts'

/** What was accepted must be readable, nested more deeply than a client may or not. */
const STORED = { depth: 200, nodes: 100_000, contexts: 10, contextTerms: 10 }

/**
 * What a request asks for, from the body that was sent: nested and compacted, blank nodes with ids that stay (API 2.3.0, Blank
 * Nodes and Embedded Objects). @throws ApiError 400 when it nests too deeply
 */
export const contentNode = (graph: Graph, root: string): Node => {
  const seed = randomUUID()
  const rename = (id: string): string => (isBlank(id) ? stableId(seed, 1, id) : id)
  const renamed = [...graph.values()].map((subject) => renameSubject(subject, rename))
  // individuals of the api as the standard's examples have them
  return writeNode(new Map(renamed.map((subject) => [subject.id, subject])), rename(root), {}, (id) => (id.startsWith(API) ? compactIri(id) : id))
}

/** The graph of what a request asks for. */
export const contentDocument = (content: Node): Document => readJsonLd({ '@context': CONTEXT, ...content }, STORED)
