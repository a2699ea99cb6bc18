import type { Claim } from '../../slot/port.ts'
import { invalidBody, type About } from '../http/api-error.ts'
import type { Graph, Subject, Value } from '../json-ld/graph.ts'
import { datatypeOf, isLexical } from '../json-ld/literal.ts'
import { API, CARGO, isStandardTerm, RDF_TYPE, shortName, XSD } from '../namespaces.ts'
import { checkProperty } from '../objects/check.ts'
import { isClass, isLogisticsObject } from '../ontology/ontology.ts'
import { one, textOf, valuesOf } from './fields.ts'

/** One value of an operation, as sent: `value` is a literal's text, an IRI or `_:x` for a new embedded object. */
export type OperationValue = { readonly datatype: string; readonly value: string }
export type Operation = { readonly op: 'ADD' | 'DELETE'; readonly subject: string; readonly property: string; readonly values: readonly OperationValue[] }

/** Whether names of the standard's namespaces that it does not have are refused. */
export type Strictness = Claim['strictness']

const OPERATIONS: ReadonlyMap<string, Operation['op']> = new Map([[`${API}ADD`, 'ADD'], [`${API}DELETE`, 'DELETE']])
/** 2.2.0 named the second in its text. */
const EVENTS = [`${CARGO}events`, `${CARGO}hasLogisticsEvent`]
/** Datatype of a link that came without one: `api:o` may hold the value itself. */
const RESOURCE = 'http://www.w3.org/2000/01/rdf-schema#Resource'

/** An absolute IRI, written out, or a blank node: within a change nothing expands `cargo:` or `api:`. */
const IRI = /^(?!(cargo|api):)([A-Za-z][\w+.-]*|_):[^\s<>"{}|\\^`]+$/

/** True when values of the datatype are literals. */
export const isLiteralType = (datatype: string): boolean => datatype.startsWith(XSD)

/** True when an operation's value is a node, not text. */
export const isNode = ({ datatype, value }: OperationValue): boolean => !isLiteralType(datatype) && IRI.test(value)

/** @throws ApiError 400 */
export const readOperation = (node: Subject, graph: Graph, strictness: Strictness): Operation => {
  const op = OPERATIONS.get(textOf(one(node, 'op')))
  if (!op) throw invalidBody('api:op must be api:ADD or api:DELETE.', { property: `${API}op` })
  const property = textOf(one(node, 'p'))
  if (!IRI.test(property) || property.startsWith('_:')) throw invalidBody(`api:p must be the IRI of a property, not ${quoted(property)}.`, { property: `${API}p` })
  const subject = textOf(one(node, 's'))
  if (!IRI.test(subject)) throw invalidBody(`api:s must be the IRI of the object or the id of one embedded in it, not ${quoted(subject)}.`, { property: `${API}s` })
  const about = { property, resource: subject }
  if (EVENTS.includes(property)) throw invalidBody('Logistics events cannot be linked by a change; post them.', about)
  if (property === RDF_TYPE || property.startsWith(API)) throw invalidBody(`${shortName(property)} cannot be changed.`, about)
  if (strictness === 'strict') checkProperty(property, subject)
  const values = valuesOf(node, 'o').map((value) => readValue(value, graph, about, strictness))
  if (values.length === 0) throw invalidBody('An operation needs api:o.', about)
  return { op, subject, property, values }
}

/** `api:o` is an api:OperationObject, or (by the class diagram of 2.3.0) the value itself. */
const readValue = (given: Value, graph: Graph, about: Required<About>, strictness: Strictness): OperationValue => {
  const node = given.kind === 'link' ? graph.get(given.id) : undefined
  if (given.kind === 'literal') return checked({ datatype: datatypeOf(given), value: String(given.value) }, about, strictness)
  if (given.kind === 'link' && !node) return checked({ datatype: RESOURCE, value: given.id }, about, strictness)
  if (!node) throw invalidBody('api:o must be an api:OperationObject.', about)
  return checked({ datatype: textOf(one(node, 'hasDatatype')), value: textOf(one(node, 'hasValue')) }, about, strictness)
}

const checked = ({ datatype, value }: OperationValue, about: About, strictness: Strictness): OperationValue => {
  if (isLiteralType(datatype)) {
    if (!isLexical(value, datatype)) throw invalidBody(`${quoted(value)} is no ${datatype}.`, about)
  } else if (!IRI.test(datatype)) {
    throw invalidBody(`api:hasDatatype must be the IRI of a datatype or class, not ${quoted(datatype)}.`, about)
  } else if (/^(cargo|api):/.test(value)) {
    throw invalidBody(`${quoted(value)}: nothing is abbreviated in api:hasValue; send the whole IRI.`, about)
  } else if (isStandardTerm(datatype)) {
    if (strictness === 'strict' && !isClass(datatype)) throw invalidBody(`${shortName(datatype)} is no class of the standard.`, about)
    if (!IRI.test(value)) throw invalidBody(`A value of ${shortName(datatype)} is an IRI or a blank node, not ${quoted(value)}.`, about)
    if (value.startsWith('_:') && isLogisticsObject(datatype)) throw invalidBody('A change cannot make logistics objects; post it and link to it.', about)
  }
  return { datatype, value }
}

/** The beginning of what was sent, for a message. */
export const quoted = (text: string): string => JSON.stringify(text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`)
const SHOWN = 120

/** A blank node is a new embedded object: something must lead to it, and nothing can be taken from it. @throws ApiError 400 */
export const checkNewObjects = (operations: readonly Operation[]): void => {
  const added = new Set(operations.filter(({ op }) => op === 'ADD').flatMap(({ values }) => values.filter(isNode).map(({ value }) => value)))
  for (const { op, subject, values, property } of operations) {
    if (subject.startsWith('_:') && (op === 'DELETE' || !added.has(subject))) throw invalidBody(`${quoted(subject)} is no embedded object that this change makes.`, { property, resource: subject })
    if (op === 'DELETE' && values.some((value) => isNode(value) && value.value.startsWith('_:'))) throw invalidBody('A blank node cannot be deleted; name the embedded object by its id.', { property, resource: subject })
  }
}

/**
 * Labels of the embedded objects that a change makes, with the classes it gives them: blank nodes, and by the standard's letter
 * whatever else names a value of an embedded class that operations then describe.
 */
export const newObjects = (operations: readonly Operation[], isThere: (id: string) => boolean): ReadonlyMap<string, ReadonlySet<string>> => {
  const described = new Set(operations.filter(({ op }) => op === 'ADD').map(({ subject }) => subject))
  const found = new Map<string, Set<string>>()
  for (const { op, values } of operations) {
    for (const sent of values) {
      if (op !== 'ADD' || !isNode(sent)) continue
      const isNew = sent.value.startsWith('_:') || (described.has(sent.value) && !isThere(sent.value) && isClass(sent.datatype) && !isLogisticsObject(sent.datatype))
      if (isNew) found.set(sent.value, (found.get(sent.value) ?? new Set<string>()).add(sent.datatype))
    }
  }
  return found
}
