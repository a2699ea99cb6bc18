import { linkedFrom, type Graph, type Subject } from '../json-ld/graph.ts'
import { writeDocument } from '../json-ld/writer.ts'
import { API } from '../namespaces.ts'
import { asOf, objectGraph, revisions, type Revision } from './body.ts'

/** An object that another links to. */
export type LinkedObject = Revision & { readonly body: Buffer }

/** What one answer embeds at most: links followed one after another, objects, bytes of them together. The others stay links. */
const MOST = { levels: 3, objects: 100, bytes: 4 * 1024 * 1024 }

type Embedding = Revision & { readonly at: string | null; /** Null: it cannot be had, and stays a link. */ readonly linked: (iri: string) => Promise<LinkedObject | null> }

/**
 * An object with those it leads to, as far as `linked` gives them, in the place of their links, the nearest first; each once, with
 * its own revisions (2.3.0, Get a Logistics Object, parameter `embedded`).
 */
export const embeddedBody = async (body: Buffer, iri: string, { at, linked, ...revision }: Embedding): Promise<Buffer> => {
  const whole = new Map<string, Subject>(objectGraph(body, iri))
  const seen = new Set([iri])
  let [objects, bytes] = [0, 0]
  let frontier = linksOf(whole)

  for (let level = 0; level < MOST.levels && frontier.length > 0; level += 1) {
    const next: string[] = []
    for (const other of frontier) {
      if (seen.has(other) || objects >= MOST.objects) continue
      seen.add(other)
      const found = await linked(other)
      if (!found || bytes + found.body.length > MOST.bytes) continue
      objects += 1
      bytes += found.body.length
      const own = ownGraph(found.body, other)
      for (const [id, subject] of own) whole.set(id, id === other ? withRevisions(subject, found) : subject)
      next.push(...linksOf(own))
    }
    frontier = next
  }
  return Buffer.from(JSON.stringify(writeDocument(whole, iri, revisions(revision), asOf(at))))
}

const linksOf = (graph: Graph): readonly string[] => [...new Set([...graph.values()].flatMap(linkedFrom))]

/** The object and what is embedded in it: of what it links to, nothing else is said here. */
const ownGraph = (body: Buffer, iri: string): Graph => new Map([...objectGraph(body, iri)].filter(([id]) => id === iri || id.startsWith('internal:')))

const withRevisions = (subject: Subject, { revision, latest }: Revision): Subject => {
  const number = (value: number) => ({ values: [{ kind: 'literal' as const, value, datatype: null, language: null }], array: false })
  return { ...subject, properties: new Map([[`${API}hasRevision`, number(revision)], [`${API}hasLatestRevision`, number(latest)], ...subject.properties]) }
}
