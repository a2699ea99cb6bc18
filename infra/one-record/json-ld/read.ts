import { checkBounds } from './bounds.ts'
import { newExpander, type Expander } from './expander.ts'
import type { Subject } from './graph.ts'
import { NotReadError } from './not-read.ts'
import { spelledOut } from './parse-json.ts'
import { LIMITS, readJsonLd, type Document } from './reader.ts'

const shared = newExpander()

/** Ends what reading left running: nothing of it lies in a frozen slot. */
export const restReading = (): Promise<void> => shared.rest()

/**
 * Reads any JSON-LD 1.1 that needs nothing from elsewhere. What the own reader does not read (scoped contexts, index and language
 * maps, nested and reverse properties) is expanded by a complete processor first.
 * @throws ApiError 400 for what is not JSON-LD, is beyond the limits, names a remote context, or could not be kept whole (named
 * graphs, text directions); 503 when too many such documents come at once
 */
export const readDocument = async (json: unknown, expander: Pick<Expander, 'expand'> = shared): Promise<Document> => {
  try {
    return readJsonLd(json)
  } catch (error) {
    if (!(error instanceof NotReadError)) throw error
  }
  checkBounds(json, LIMITS)
  const plain = spelledOut(json)
  const { graph, roots } = readJsonLd(await expander.expand(plain))
  return { graph: new Map([...graph].map(([id, subject]) => [id, withoutArrays(subject)])), roots, hasGraph: saysGraph(plain) }
}

/** Expansion makes an array of everything; of one value nobody meant one. */
const withoutArrays = (subject: Subject): Subject => ({
  ...subject, properties: new Map([...subject.properties].map(([iri, { values }]) => [iri, { values, array: values.length !== 1 }])),
})

/** Expansion takes a top-level @graph away; that it was there, under its own name or another, is still to be known. */
const saysGraph = (json: unknown): boolean => {
  if (Array.isArray(json)) return json.some(saysGraph)
  if (typeof json !== 'object' || json === null) return false
  const contexts = '@context' in json ? [json['@context']].flat() : []
  const aliases = contexts.flatMap((context) => (typeof context === 'object' && context !== null ? Object.entries(context) : [])).filter(([, iri]) => iri === '@graph').map(([name]) => name)
  return Object.keys(json).some((key) => key === '@graph' || aliases.includes(key))
}
