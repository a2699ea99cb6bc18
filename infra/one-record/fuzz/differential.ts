import jsonld from 'jsonld'
import { writeQuads } from '../holder/quads-writer.ts'
import { ApiError } from '../http/api-error.ts'
import { knownContext } from '../json-ld/context.ts'
import { expandedForm, flattenedForm } from '../json-ld/forms.ts'
import { isBlank, renameSubject, type Graph, type Value } from '../json-ld/graph.ts'
import { spelledOut } from '../json-ld/parse-json.ts'
import { readDocument } from '../json-ld/read.ts'
import { parseJson, type Document } from '../json-ld/reader.ts'
import { XSD } from '../namespaces.ts'

/** What came of one document: `refused` by us, `same` as jsonld, or `other`, with both datasets. */
export type Verdict = { readonly kind: 'refused' | 'refused by jsonld alone' | 'same' } | { readonly kind: 'other'; readonly what: string; readonly ours: string; readonly theirs: string }

const GRAPH = 'urn:graph'
const OPTIONS = {
  base: null, safe: false, algorithm: 'RDFC-1.0' as const,
  documentLoader: async (url: string) => {
    const context = knownContext(url)
    if (!context) throw new Error(`${url} is never fetched`)
    return { documentUrl: url, document: { '@context': context } }
  },
}

/** Holds our reader, and our writers, against jsonld: the canonical datasets (W3C, RDF Dataset Canonicalization) must be equal. */
export const compareWithJsonLd = async (json: unknown): Promise<Verdict> => {
  const text = JSON.stringify(json, readAlike)
  const parsed = parseJson(text)
  const document = await accepted(parsed)
  if (!document) return { kind: 'refused' }
  const theirs = await canonical(spelledOut(parsed)).catch((error: unknown) => error)
  if (typeof theirs !== 'string') return { kind: 'refused by jsonld alone' }

  const ours = await canonical(quadsOf(document.graph))
  if (ours !== theirs) return { kind: 'other', what: 'read', ours, theirs }
  for (const [what, form] of [['expanded', expandedForm(document)], ['flattened', flattenedForm(document.graph)]] as const) {
    const written = await canonical(form)
    // expanded holds what its roots lead to
    if (written !== theirs && (what === 'flattened' || reachesAll(document))) return { kind: 'other', what, ours: written, theirs }
  }
  return { kind: 'same' }
}

/** Without lone surrogates, which RDF has none of, and doubles like 1e-7, which jsonld 9.0.0 takes for integers. */
const readAlike = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed() : typeof value === 'number' && !Number.isInteger(value) && !String(value).includes('.') ? 0.5 : value

const accepted = async (parsed: unknown): Promise<Document | null> => {
  try {
    return await readDocument(parsed)
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return null
    throw error
  }
}

/** Of a document, or of N-Quads; what jsonld says twice counts once, and languages are the same in any case (RDF 1.1, section 3.3). */
const canonical = async (input: unknown): Promise<string> => {
  const quads = typeof input === 'string' ? input : await jsonld.toRDF(input, { ...OPTIONS, format: 'application/n-quads' })
  return jsonld.canonize([...new Set(quads.split('\n'))].join('\n'), { ...OPTIONS, inputFormat: 'application/n-quads' })
}

const quadsOf = (graph: Graph): string => {
  const names = new Map<string, string>()
  const rename = (id: string): string => {
    if (!isBlank(id)) return id
    const name = names.get(id) ?? `_:s${names.size}`
    names.set(id, name)
    return name
  }
  const renamed = [...graph.values()].map((subject) => renameSubject(subject, rename)).map((subject) => ({
    ...subject, properties: new Map([...subject.properties].map(([iri, { values, array }]) => [iri, { values: values.map(rounded), array }])),
  }))
  let cells = 0
  return writeQuads(new Map(renamed.map((subject) => [subject.id, subject])), GRAPH, () => `c${cells++}`).replaceAll(` <${GRAPH}> .\n`, ' .\n')
}

/** Doubles with the digits that JSON-LD 1.1 API, section 8.6, gives native ones, and jsonld all of them; we keep what was sent. */
const rounded = (value: Value): Value => {
  if (value.kind === 'list') return { kind: 'list', items: value.items.map(rounded) }
  if (value.kind === 'literal' && value.language !== null) return { ...value, language: value.language.toLowerCase() }
  if (value.kind !== 'literal' || typeof value.value === 'boolean' || (typeof value.value !== 'number' && value.datatype !== `${XSD}double`)) return value
  const number = Number(value.value)
  const isInteger = Number.isInteger(number) && Math.abs(number) < 1e21
  if (isInteger && value.datatype !== `${XSD}double`) return { ...value, value: number.toFixed(0), datatype: value.datatype ?? `${XSD}integer` }
  return { ...value, value: number.toExponential(15).replace(/(\d)0*e\+?/, '$1E'), datatype: value.datatype ?? `${XSD}double` }
}

const reachesAll = ({ graph, roots }: Document): boolean => {
  const seen = new Set(roots)
  const links = (value: Value): readonly string[] => (value.kind === 'link' ? [value.id] : value.kind === 'list' ? value.items.flatMap(links) : [])
  for (const id of seen) for (const { values } of graph.get(id)?.properties.values() ?? []) for (const other of values.flatMap(links)) seen.add(other)
  return [...graph.keys()].every((id) => seen.has(id))
}
