import { invalidBody } from '../http/api-error.ts'
import { applyContext, emptyContext, expandIri, type Context } from './context.ts'
import { isBlank, valueKey, type Graph, type Literal, type Property, type Subject, type Value } from './graph.ts'
import { jsonLiteral } from './json-literal.ts'
import { NotReadError } from './not-read.ts'
import { isExact, type ExactNumber } from './parse-json.ts'

export { parseJson } from './parse-json.ts'

/** Bounds of one document: nesting of JSON, node objects, contexts and terms of all of them together. */
export type Limits = { readonly depth: number; readonly nodes: number; readonly contexts: number; readonly contextTerms: number }

/** For what clients send. */
export const LIMITS: Limits = { depth: 64, nodes: 20_000, contexts: 200, contextTerms: 2_000 }

/** A document as its flattened graph. `roots`: ids of the nodes at the top, in order. */
export type Document = { readonly graph: Graph; readonly roots: readonly string[]; readonly hasGraph: boolean }

/** An absolute IRI (RFC 3987, what must not be in one left out) or a blank node. */
const ABSOLUTE = /^([A-Za-z][\w+.-]*|_):[^\s<>"{}|\\^`]*$/

type Json = Readonly<Record<string, unknown>>
type Draft = { readonly id: string; readonly types: Set<string>; readonly properties: Map<string, { values: Value[]; keys: Set<string>; array: boolean }> }

/**
 * Reads JSON-LD 1.1, expanded, compacted or flattened, with inline contexts (context.ts).
 * @throws ApiError 400 for what is not JSON-LD, is beyond the limits or would be dropped by expansion; NotReadError, one of them, for
 * a feature that is not read here
 */
export const readJsonLd = (json: unknown, limits = LIMITS): Document => {
  const drafts = new Map<string, Draft>()
  const count = { nodes: 0, contexts: 0, terms: 0 }
  let hasGraph = false

  const contextOf = (node: Json, active: Context): Context => {
    const local = node['@context']
    if (local === undefined) return active
    const parts: readonly unknown[] = Array.isArray(local) ? local.flat(limits.depth) : [local]
    if (parts.some(Array.isArray)) throw invalidBody(`Nested deeper than ${limits.depth}.`)
    count.contexts += parts.length
    for (const part of parts) count.terms += part && typeof part === 'object' ? Object.keys(part).length : 1
    if (count.contexts > limits.contexts || count.terms > limits.contextTerms) throw invalidBody(`More than ${limits.contexts} contexts or ${limits.contextTerms} terms.`)
    return applyContext(active, parts.length === 1 ? parts[0] : parts)
  }
  const idOf = (value: unknown, context: Context): string => {
    if (typeof value !== 'string') throw invalidBody('@id must be a string.')
    // IATA's own examples have a blank before some ids
    const iri = expandIri(value.trim(), context, 'document')
    if (iri === null || !ABSOLUTE.test(iri)) throw invalidBody(`@id ${JSON.stringify(value)} is not an absolute IRI.`)
    return iri
  }
  const typesOf = (value: unknown, context: Context): string[] =>
    asArray(value).map((name) => {
      const iri = typeof name === 'string' ? expandIri(name, context, 'vocab') : null
      if (iri === null || !ABSOLUTE.test(iri) || iri.startsWith('_:')) throw invalidBody(`@type ${JSON.stringify(name)} is not an IRI.`)
      return iri
    })

  const literalOf = (object: Json, context: Context): Literal | null => {
    const given = object['@value']
    const value = isExact(given) ? given['@value'] : given
    const language = object['@language'] ?? null
    const strange = Object.keys(object).find((key) => !LITERAL_KEYS.has(key))
    if (strange !== undefined) throw invalidBody(`${strange} beside @value is not kept here.`)
    if (object['@index'] !== undefined && typeof object['@index'] !== 'string') throw invalidBody('@index must be a string.')
    if (object['@type'] === '@json' && language === null) return jsonLiteral(given, limits.depth)
    if (Array.isArray(object['@type'])) throw invalidBody('A literal has one @type.')
    const [typed] = object['@type'] === undefined || object['@type'] === null ? [] : typesOf(object['@type'], context)
    const datatype = typed ?? (isExact(given) ? given['@type'] : null)
    if (language !== null && (typeof language !== 'string' || datatype !== null || typeof value !== 'string')) throw invalidBody('@language is for strings without @type.')
    if (value === null) return null
    if (typeof value === 'number' && !Number.isFinite(value)) throw invalidBody('A number is too large.')
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw invalidBody('@value must be a string, a number or a boolean.')
    return { kind: 'literal', value, datatype, language }
  }

  const scalar = (value: string | number | boolean, term: string, context: Context): Value => {
    const definition = context.terms.get(term)
    const type = definition?.type ?? null
    if (typeof value === 'string' && type === '@id') return { kind: 'link', id: idOf(value, context) }
    if (typeof value === 'string' && type === '@vocab') {
      const iri = expandIri(value, context, 'vocab')
      if (iri === null || !ABSOLUTE.test(iri)) throw invalidBody(`${JSON.stringify(value)} of ${term} leads to no IRI.`)
      return { kind: 'link', id: iri }
    }
    if (typeof value === 'number' && !Number.isFinite(value)) throw invalidBody('A number is too large.')
    const language = type === null && typeof value === 'string' ? (definition?.language === undefined ? context.language : definition.language) : null
    return { kind: 'literal', value, datatype: type?.startsWith('@') ? null : type, language }
  }

  const exactOf = ({ '@value': value, '@type': datatype }: ExactNumber, term: string, context: Context): Value => {
    const type = context.terms.get(term)?.type ?? null
    return { kind: 'literal', value, datatype: type === null || type.startsWith('@') ? datatype : type, language: null }
  }

  const valuesOf = (value: unknown, term: string, context: Context, depth: number): Value[] => {
    if (depth > limits.depth) throw invalidBody(`Nested deeper than ${limits.depth}.`)
    if (value === null) return []
    if (Array.isArray(value)) return value.flatMap((item) => valuesOf(item, term, context, depth + 1))
    if (typeof value !== 'object') return [scalar(value as string | number | boolean, term, context)]
    if (isExact(value)) return [exactOf(value, term, context)]
    const local = contextOf(value as Json, context)
    const object = withKeywords(value as Json, local)
    if ('@value' in object) {
      const literal = literalOf(object, local)
      return literal ? [literal] : []
    }
    checkAlone(object)
    if ('@set' in object) return valuesOf(object['@set'], term, local, depth + 1)
    if ('@list' in object && asArray(object['@list']).some(Array.isArray)) throw invalidBody(`${term}: an array within @list is read in two ways; write {"@list": ...} for a list within a list.`)
    if ('@list' in object) return [listOf(object['@list'], term, local, depth + 1)]
    return [{ kind: 'link', id: nodeOf(object, local, depth + 1) }]
  }
  const listOf = (value: unknown, term: string, context: Context, depth: number): Value => ({
    kind: 'list',
    items: asArray(value).map((item) => notASet(item, context)).flatMap((item) => (Array.isArray(item) ? [listOf(item, term, context, depth + 1)] : valuesOf(item, term, context, depth + 1))),
  })

  const nodeOf = (object: Json, context: Context, depth: number): string => {
    count.nodes += 1
    if (depth > limits.depth) throw invalidBody(`Nested deeper than ${limits.depth}.`)
    if (count.nodes > limits.nodes) throw invalidBody(`More than ${limits.nodes} nodes.`)
    const id = object['@id'] === undefined ? `_:n${count.nodes}` : scoped(idOf(object['@id'], context))
    // a plain link says nothing about its target
    if (Object.keys(object).every((key) => key === '@id' || key === '@context') && object['@id'] !== undefined) return id
    const draft = draftOf(id)
    for (const [key, value] of Object.entries(object)) {
      if (key === '@id' || key === '@context') continue
      if (key === '@type') typesOf(value, context).forEach((type) => draft.types.add(type))
      else if (key === '@index') checkIndex(value)
      else if (key === '@reverse') addReverse(id, value, context, depth)
      else if (key === '@included') include(value, context, depth)
      else if (key.startsWith('@')) throw new NotReadError(key)
      else add(draft, key, value, context, depth)
    }
    return id
  }
  /** Nodes beside this one that are no values of it. */
  const include = (value: unknown, context: Context, depth: number): void => {
    const others = valuesOf(value, '', context, depth + 1)
    if (others.some(({ kind }) => kind !== 'link')) throw invalidBody('@included is for nodes.')
  }
  const addReverse = (id: string, value: unknown, context: Context, depth: number): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidBody('@reverse must be an object.')
    for (const [key, nodes] of Object.entries(value)) {
      const iri = propertyOf(key, context)
      if (iri === null) continue
      for (const other of valuesOf(nodes, key, context, depth + 1)) {
        if (other.kind !== 'link') throw invalidBody(`@reverse: the values of ${key} must be nodes.`)
        append(draftOf(other.id), iri, [{ kind: 'link', id }], false)
      }
    }
  }
  const draftOf = (id: string): Draft => {
    const draft = drafts.get(id) ?? { id, types: new Set<string>(), properties: new Map() }
    drafts.set(id, draft)
    return draft
  }
  /** IRI of a property; null: its term is decoupled. */
  const propertyOf = (key: string, context: Context): string | null => {
    const iri = expandIri(key, context, 'vocab')
    if (context.terms.get(key)?.iri === null) return null
    if (iri === null || !ABSOLUTE.test(iri)) throw invalidBody(`${key} is no property: the @context does not lead to an IRI.`)
    if (iri.startsWith('_:')) throw invalidBody(`${key}: a blank node cannot be a property.`)
    return iri
  }
  const add = (draft: Draft, key: string, value: unknown, context: Context, depth: number): void => {
    const iri = propertyOf(key, context)
    if (iri === null || value === null) return
    const container = context.terms.get(key)?.container
    const values = container === 'list' && !isListObject(value) ? [listOf(value, key, context, depth + 1)] : valuesOf(value, key, context, depth + 1)
    append(draft, iri, values, Array.isArray(value))
  }
  const append = (draft: Draft, iri: string, values: readonly Value[], array: boolean): void => {
    const property = draft.properties.get(iri) ?? { values: [], keys: new Set<string>(), array: false }
    draft.properties.set(iri, property)
    property.array ||= array
    for (const item of values) {
      if (property.keys.has(valueKey(item))) continue
      property.keys.add(valueKey(item))
      property.values.push(item)
    }
  }

  const roots: string[] = []
  const top = (value: unknown, active: Context, depth: number): void => {
    if (depth > limits.depth) throw invalidBody(`Nested deeper than ${limits.depth}.`)
    if (Array.isArray(value)) return value.forEach((item) => top(item, active, depth + 1))
    if (typeof value !== 'object' || value === null) throw invalidBody('A JSON-LD document is an object or an array of objects.')
    const context = contextOf(value as Json, active)
    const object = withKeywords(value as Json, context)
    if ('@graph' in object) {
      if (Object.keys(object).some((key) => key !== '@graph' && key !== '@context')) throw invalidBody('Named graphs are not kept here.')
      hasGraph = true
      return top(object['@graph'], context, depth + 1)
    }
    if ('@value' in object || '@list' in object || '@set' in object) throw invalidBody('A value is no document.')
    roots.push(nodeOf(object, context, depth))
  }
  top(json, emptyContext, 0)
  // a name of which nothing is said is only linked to
  const said = [...drafts].filter(([id, { types, properties }]) => isBlank(id) || types.size > 0 || properties.size > 0)
  return { graph: new Map(said.map(([id, draft]) => [id, finished(draft)])), roots: [...new Set(roots)], hasGraph }
}

/** Blank node labels of the document, kept apart from those made here. */
const scoped = (id: string): string => (id.startsWith('_:') ? `_:b-${id.slice(2)}` : id)

const checkIndex = (value: unknown): void => {
  if (typeof value !== 'string') throw invalidBody('@index must be a string.')
}

/** A set within a list is a list of its own, or none: for a complete processor to say. */
const notASet = (item: unknown, context: Context): unknown => {
  const isSet = typeof item === 'object' && item !== null && Object.keys(item).some((key) => key === '@set' || context.terms.get(key)?.iri === '@set')
  if (isSet) throw new NotReadError('@set within a list')
  return item
}

/** A set or list object holds nothing else (JSON-LD 1.1, section 9.4). */
const checkAlone = (object: Json): void => {
  if (!('@set' in object) && !('@list' in object)) return
  const strange = Object.keys(object).filter((key) => key !== '@index' && key !== '@context')
  if (strange.length > 1) throw invalidBody(`${strange.join(' and ')} cannot be in one object.`)
  if (object['@index'] !== undefined) checkIndex(object['@index'])
}

/** `@index` says nothing about the graph (JSON-LD 1.1, section 4.6.1). */
const LITERAL_KEYS = new Set(['@value', '@type', '@language', '@index', '@context'])

const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])
const isListObject = (value: unknown): boolean => typeof value === 'object' && value !== null && '@list' in value

/** The object with aliases of keywords replaced by the keywords. */
const withKeywords = (object: Json, context: Context): Json => {
  let result: Record<string, unknown> | null = null
  for (const key of Object.keys(object)) {
    const iri = context.terms.get(key)?.iri
    if (!iri?.startsWith('@')) continue
    result ??= { ...object }
    if (iri in result) throw invalidBody(`${iri} is given twice.`)
    result[iri] = result[key]
    delete result[key]
  }
  return result ?? object
}

const finished = (draft: Draft): Subject => ({
  id: draft.id,
  types: [...draft.types],
  properties: new Map([...draft.properties].map(([iri, { values, array }]): [string, Property] => [iri, { values, array: array || values.length > 1 }])),
})
