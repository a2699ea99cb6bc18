import { invalidBody } from '../http/api-error.ts'
import type { Graph, Literal, Subject, Value } from '../json-ld/graph.ts'
import { isLexical } from '../json-ld/literal.ts'
import { API, isStandardTerm, shortName, XSD } from '../namespaces.ts'
import { propertyKind, vocabularyOf } from '../ontology/ontology.ts'
import type { Rule, Vocabulary } from '../ontology/vocabulary.ts'
import { fitsClass, fitsDatatype } from './fits.ts'

/**
 * `strict`: what the ontologies do not allow is refused. `lenient`: unknown names of the standard's namespaces are kept, and
 * classes, ranges, cardinalities and code lists are not looked at. `release`: of one release alone; of all when it is not given.
 */
export type Options = { readonly strictness: 'strict' | 'lenient'; readonly release?: string | null }

/** Why a graph is not valid: a sentence, and the IRIs that it is about. */
export type Fault = { readonly message: string; readonly property?: string; readonly resource: string }

const SET_BY_SERVER = new Set([`${API}hasRevision`, `${API}hasLatestRevision`])
const ANY_URI = `${XSD}anyURI`

/**
 * Holds every node of a graph against the ontologies: a new object, one after a change, an event, a body of the API. Foreign
 * namespaces are nobody's business here; see docs/decisions/0025. @throws ApiError 400 for the first fault, with property and resource
 */
export const validate = (graph: Graph, options: Options): void => {
  for (const { message, ...about } of faults(graph, options)) throw invalidBody(message, about)
}

/** All faults, in the order of the graph; found as they are asked for. */
export function* faults(graph: Graph, { strictness, release = null }: Options): Generator<Fault> {
  const isStrict = strictness === 'strict'
  const vocabulary = vocabularyOf(release)
  const presumed = isStrict ? presumedTypes(graph, vocabulary) : new Map<string, ReadonlySet<string>>()
  for (const subject of graph.values()) {
    const resource = subject.id
    const unknown = isStrict ? subject.types.find((type) => isStandardTerm(type) && !vocabulary.classes.has(type)) : undefined
    if (unknown !== undefined) yield { message: `${shortName(unknown)} is no class of the standard.`, resource }
    const types = subject.types.length > 0 ? subject.types : [...(presumed.get(resource) ?? [])]
    for (const [property, { values }] of subject.properties) {
      const items = values.flatMap(flatten)
      const fault = isStrict ? strictFault(types, property, items, graph, vocabulary) : lenientFault(items)
      if (fault !== null) yield { message: fault, property, resource }
    }
  }
}

/** @throws ApiError 400 for a property that its namespace, one of the standard's, does not have */
export const checkProperty = (property: string, resource: string): void => {
  if (isStandardTerm(property) && propertyKind(property) === null) throw invalidBody(noProperty(property), { property, resource })
}

const noProperty = (property: string): string => `${shortName(property)} is no property of the standard.`
const flatten = (value: Value): readonly (Exclude<Value, { kind: 'list' }>)[] => (value.kind === 'list' ? value.items.flatMap(flatten) : [value])
type Item = ReturnType<typeof flatten>[number]

/** What is wrong whatever the ontologies say: text that is no value of its own datatype. */
const formFault = ({ value, datatype }: Literal): string | null =>
  datatype !== null && !isLexical(String(value), datatype) ? `${quoted(value)} is no ${shortType(datatype)}.` : null

const lenientFault = (items: readonly Item[]): string | null => {
  for (const item of items) {
    const fault = item.kind === 'literal' ? formFault(item) : null
    if (fault !== null) return fault
  }
  return null
}

const strictFault = (types: readonly string[], property: string, items: readonly Item[], graph: Graph, vocabulary: Vocabulary): string | null => {
  if (!isStandardTerm(property) || SET_BY_SERVER.has(property)) return lenientFault(items)
  const known = vocabulary.properties.get(property)
  if (!known) return noProperty(property)
  const rules = rulesOn(types, property, vocabulary)
  if (rules.length === 0 && !isAllowed(types, property, vocabulary)) return `${types.map(shortName).join(', ')} has no ${shortName(property)}.`
  const most = Math.min(...rules.map((rule) => rule.most))
  if (items.length > most) return `${shortName(property)} is there ${items.length} times; ${most === 1 ? 'one value is' : `${most} values are`} the most.`

  const ranged = rules.map(({ ranges }) => ranges).filter((ranges) => ranges.length > 0)
  const all = ranged.length > 0 ? ranged : known.ranges.length > 0 ? [known.ranges] : []
  for (const item of items) {
    const fault = item.kind === 'literal' ? literalFault(item, property, all, known) : linkFault(item.id, graph.get(item.id), property, all, known.kind, vocabulary)
    if (fault !== null) return fault
  }
  return null
}

type Ranges = readonly (readonly string[])[]

const literalFault = (item: Literal, property: string, ranges: Ranges, { kind, maxLength }: { readonly kind: 'link' | 'literal'; readonly maxLength: number | null }): string | null => {
  const ill = formFault(item)
  if (ill !== null) return ill
  if (kind === 'link') return item.datatype === ANY_URI && URL.canParse(String(item.value)) ? null : `${shortName(property)} takes an object or a link, not ${quoted(item.value)}.`
  const missed = ranges.find((those) => !those.some((range) => fitsDatatype(item, range)))
  if (missed) return `${quoted(item.value)} of ${shortName(property)} is no ${missed.map(shortType).join(' or ')}.`
  return maxLength !== null && String(item.value).length > maxLength ? `${quoted(item.value)} of ${shortName(property)} is longer than ${maxLength}.` : null
}

const linkFault = (id: string, target: Subject | undefined, property: string, ranges: Ranges, kind: 'link' | 'literal', vocabulary: Vocabulary): string | null => {
  // an address is as well said by a link, as the examples of the API do
  if (kind === 'literal') return ranges.some((those) => those.includes(ANY_URI)) && !target ? null : `${shortName(property)} takes a literal, not an object.`
  const missed = ranges.find((those) => !those.some((range) => fitsClass(id, target?.types ?? [], range, vocabulary)))
  if (!missed) return null
  return missed.some((range) => vocabulary.closedLists.has(range)) ? `${id} is no code of ${missed.map(shortName).join(' or ')}.` : `The value of ${shortName(property)} is no ${missed.map(shortName).join(' or ')}.`
}

/** Rules of all classes among `types` on one property, each once. */
const rulesOn = (types: readonly string[], property: string, { rulesOf }: Vocabulary): readonly Rule[] =>
  types.length === 1 ? (rulesOf(types[0] ?? '').get(property) ?? []) : [...new Set(types.flatMap((type) => rulesOf(type).get(property) ?? []))]

/** A property without a rule: by its domain, or because no class restricts it, or because of the node nothing is known. */
const isAllowed = (types: readonly string[], property: string, { classes, properties, restricted, ancestors }: Vocabulary): boolean => {
  const domain = properties.get(property)?.domain ?? []
  if (!types.some((type) => classes.has(type))) return true
  return domain.length === 0 ? !restricted.has(property) : types.some((type) => domain.some((one) => ancestors(type).has(one)))
}

/** Nodes that say no class are of the classes of the properties that lead to them. */
const presumedTypes = (graph: Graph, vocabulary: Vocabulary): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  for (const { id, types } of graph.values()) if (types.length === 0) found.set(id, new Set())
  if (found.size === 0) return found
  for (const { types, properties } of graph.values()) {
    for (const [property, { values }] of properties) {
      const links = values.flatMap(flatten).flatMap((value) => (value.kind === 'link' ? (found.get(value.id) ?? []) : []))
      if (links.length === 0) continue
      const ranges = rulesOn(types, property, vocabulary).flatMap((rule) => rule.ranges)
      for (const range of ranges.length > 0 ? ranges : (vocabulary.properties.get(property)?.ranges ?? [])) for (const link of links) link.add(range)
    }
  }
  return found
}

const quoted = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
const shortType = (iri: string): string => (iri.startsWith(XSD) ? `xsd:${iri.slice(XSD.length)}` : shortName(iri))
