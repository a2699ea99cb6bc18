import { invalidBody } from '../http/api-error.ts'
import { linksOf, type Graph, type Subject, type Value } from '../json-ld/graph.ts'
import { isLexical } from '../json-ld/literal.ts'
import type { Document } from '../json-ld/reader.ts'
import { API, CARGO, isStandardTerm, RDF_TYPE, shortName, XSD } from '../namespaces.ts'
import { checkProperty } from '../objects/check.ts'
import { isClass, isLogisticsObject } from '../ontology/ontology.ts'

/** One value of an operation, as sent: `value` is a literal's text, an IRI or `_:x` for a new embedded object. */
export type OperationValue = { readonly datatype: string; readonly value: string }
export type Operation = { readonly op: 'ADD' | 'DELETE'; readonly subject: string; readonly property: string; readonly values: readonly OperationValue[] }

/** An api:Change. `graph` and `root` are the body as it was read, for the record. */
export type Change = { readonly revision: number; readonly operations: readonly Operation[]; readonly graph: Graph; readonly root: string }

const OPERATIONS: ReadonlyMap<string, Operation['op']> = new Map([[`${API}ADD`, 'ADD'], [`${API}DELETE`, 'DELETE']])
/** Values that one change may add and delete together; each is looked for among all that are there. */
const MOST_VALUES = 2_000
const EVENTS = [`${CARGO}events`, `${CARGO}hasLogisticsEvent`]

/** An absolute IRI, written out, or a blank node: within a change nothing expands `cargo:` or `api:`. */
const IRI = /^(?!(cargo|api):)([A-Za-z][\w+.-]*|_):[^\s<>"{}|\\^`]+$/

/** True when an operation's value is a node, not text. */
export const isNode = ({ datatype, value }: OperationValue): boolean => !isLiteralType(datatype) && IRI.test(value)

/** True when values of the datatype are literals. */
export const isLiteralType = (datatype: string): boolean => datatype.startsWith(XSD)

/**
 * Reads the body of PATCH /logistics-objects/{id} and checks what can be checked without the object.
 * @param object IRI of the object that is patched @throws ApiError 400
 */
export const readChange = (document: Document, object: string): Change => {
  const root = document.roots.flatMap((id) => document.graph.get(id) ?? []).find(({ types }) => types.includes(`${API}Change`))
  if (!root) throw invalidBody('The body must be an api:Change.')
  const given = textOf(one(root, 'hasLogisticsObject'))
  if (given !== object) throw invalidBody(`api:hasLogisticsObject is ${given}, but the request is for ${object}.`, { property: `${API}hasLogisticsObject`, resource: object })
  const revision = textOf(one(root, 'hasRevision'))
  if (!isLexical(revision, `${XSD}positiveInteger`)) throw invalidBody('api:hasRevision must be a positive integer.', { property: `${API}hasRevision`, resource: object })
  const operations = valuesOf(root, 'hasOperation').map((value) => readOperation(nodeOf(value, document.graph), document.graph))
  if (operations.length === 0) throw invalidBody('api:Change needs at least one api:hasOperation.', { property: `${API}hasOperation` })
  if (operations.reduce((sum, { values }) => sum + values.length, 0) > MOST_VALUES) throw invalidBody(`One change has at most ${MOST_VALUES} values.`)
  checkNewObjects(operations)
  return { revision: Number(revision), operations, graph: document.graph, root: root.id }
}

const readOperation = (node: Subject, graph: Graph): Operation => {
  const op = OPERATIONS.get(textOf(one(node, 'op')))
  if (!op) throw invalidBody('api:op must be api:ADD or api:DELETE.', { property: `${API}op` })
  const property = textOf(one(node, 'p'))
  if (!IRI.test(property) || property.startsWith('_:')) throw invalidBody(`api:p must be the IRI of a property, not ${JSON.stringify(property)}.`, { property: `${API}p` })
  const subject = textOf(one(node, 's'))
  if (EVENTS.includes(property)) throw invalidBody('Logistics events cannot be linked by a change; post them.', { property, resource: subject })
  if (property === RDF_TYPE || property.startsWith(API)) throw invalidBody(`${shortName(property)} cannot be changed.`, { property, resource: subject })
  checkProperty(property, subject)
  const values = valuesOf(node, 'o').map((value) => readValue(nodeOf(value, graph), property, subject))
  if (values.length === 0) throw invalidBody('An operation needs api:o.', { property, resource: subject })
  return { op, subject, property, values }
}

const readValue = (node: Subject, property: string, resource: string): OperationValue => {
  const datatype = textOf(one(node, 'hasDatatype'))
  const value = textOf(one(node, 'hasValue'))
  const about = { property, resource }
  if (isLiteralType(datatype)) {
    if (!isLexical(value, datatype)) throw invalidBody(`${JSON.stringify(value)} is no ${datatype}.`, about)
  } else if (!IRI.test(datatype)) {
    throw invalidBody(`api:hasDatatype must be the IRI of a datatype or class, not ${JSON.stringify(datatype)}.`, about)
  } else if (/^(cargo|api):/.test(value)) {
    throw invalidBody(`${JSON.stringify(value)}: nothing is abbreviated in api:hasValue; send the whole IRI.`, about)
  } else if (isStandardTerm(datatype)) {
    if (!isClass(datatype)) throw invalidBody(`${shortName(datatype)} is no class of the standard.`, about)
    if (!IRI.test(value)) throw invalidBody(`A value of ${shortName(datatype)} is an IRI or a blank node, not ${JSON.stringify(value)}.`, about)
    if (value.startsWith('_:') && isLogisticsObject(datatype)) throw invalidBody('A change cannot make logistics objects; post it and link to it.', about)
  }
  return { datatype, value }
}

/** A blank node is a new embedded object: something must lead to it, and nothing can be taken from it. */
const checkNewObjects = (operations: readonly Operation[]): void => {
  const added = new Set(operations.filter(({ op }) => op === 'ADD').flatMap(({ values }) => values.map(({ value }) => value)))
  for (const { op, subject, values, property } of operations) {
    if (subject.startsWith('_:') && (op === 'DELETE' || !added.has(subject))) throw invalidBody(`${subject} is no embedded object that this change makes.`, { property, resource: subject })
    if (op === 'DELETE' && values.some(({ datatype, value }) => !isLiteralType(datatype) && value.startsWith('_:'))) throw invalidBody('A blank node cannot be deleted; name the embedded object by its id.', { property, resource: subject })
  }
}

const valuesOf = (subject: Subject, name: string): readonly Value[] => subject.properties.get(API + name)?.values ?? []

const one = (subject: Subject, name: string): Value => {
  const [value, ...more] = valuesOf(subject, name)
  if (!value || more.length > 0) throw invalidBody(`${shortName(subject.types[0] ?? 'A node')} needs one api:${name}.`, { property: API + name })
  return value
}

/** Text of a literal or IRI; blank node labels as they were sent, whichever way. */
const textOf = (value: Value): string => {
  if (value.kind === 'list') throw invalidBody('A list has no place here.')
  return value.kind === 'link' ? value.id.replace(/^_:b-/, '_:') : String(value.value)
}

const nodeOf = (value: Value, graph: Graph): Subject => {
  const [id = ''] = linksOf(value)
  const node = graph.get(id)
  if (!node) throw invalidBody('An api:Change holds its operations as objects.')
  return node
}
