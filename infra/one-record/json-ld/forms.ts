import { isBlank, type Graph, type Subject, type Value } from './graph.ts'
import type { Document } from './reader.ts'

type Json = Record<string, unknown>

const literalOf = (value: Extract<Value, { kind: 'literal' }>): Json => ({
  ...(value.datatype === null ? {} : { '@type': value.datatype }), ...(value.language === null ? {} : { '@language': value.language }), '@value': value.value,
})

/**
 * A graph in expanded form (JSON-LD 1.1, section 5.1): absolute IRIs, every value an array. Each subject is written whole where it
 * is first linked from, the first root before all others. Without a context, so nothing is left to be looked up.
 */
export const expandedForm = ({ graph, roots }: Pick<Document, 'graph' | 'roots'>): readonly Json[] => {
  const written = new Set<string>(roots)
  const subjectOf = (subject: Subject): Json => nodeOf(subject, value)
  const value = (given: Value): Json => {
    if (given.kind === 'literal') return literalOf(given)
    if (given.kind === 'list') return { '@list': given.items.map(value) }
    const subject = graph.get(given.id)
    if (!subject || written.has(given.id)) return { '@id': given.id }
    written.add(given.id)
    return subjectOf(subject)
  }
  return roots.map((root) => subjectOf(graph.get(root) ?? { id: root, types: [], properties: new Map() }))
}

/** A graph in flattened form (JSON-LD 1.1, section 5.3): expanded, each subject by itself at the top. */
export const flattenedForm = (graph: Graph): readonly Json[] => {
  const value = (given: Value): Json =>
    given.kind === 'literal' ? literalOf(given) : given.kind === 'list' ? { '@list': given.items.map(value) } : { '@id': given.id }
  return [...graph.values()].filter((subject) => !isBlank(subject.id) || subject.types.length + subject.properties.size > 0).map((subject) => nodeOf(subject, value))
}

const nodeOf = ({ id, types, properties }: Subject, value: (given: Value) => Json): Json => ({
  '@id': id,
  ...(types.length === 0 ? {} : { '@type': types }),
  ...Object.fromEntries([...properties].map(([iri, { values }]) => [iri, values.map(value)])),
})
