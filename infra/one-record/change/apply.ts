import { unprocessable } from '../http/api-error.ts'
import { valueKey, type Graph, type Property, type Subject, type Value } from '../json-ld/graph.ts'
import { literalKey } from '../json-ld/literal.ts'
import { XSD } from '../namespaces.ts'
import { reach } from '../objects/split.ts'
import { stableId } from '../objects/stable-id.ts'
import { isLogisticsObject } from '../ontology/ontology.ts'
import { isLiteralType, isNode, type Change, type Operation, type OperationValue } from './change.ts'

/**
 * The object after the change: all or nothing, deletions before additions (bodies arrive in any order), embedded objects that
 * nothing leads to any more are gone. @param root IRI of the object @param revision that it will have
 * @throws ApiError 422 when an operation cannot be done
 */
export const applyChange = (graph: Graph, root: string, change: Change, revision: number): Graph => {
  const subjects = new Map(graph)
  const blanks = newObjects(change)
  const rename = (id: string): string => (blanks.has(id) ? stableId(root, revision, id) : id)
  for (const [label, types] of blanks) subjects.set(rename(label), { id: rename(label), types: [...types], properties: new Map() })

  for (const op of ['DELETE', 'ADD'] as const) {
    for (const operation of change.operations.filter((each) => each.op === op)) {
      const subject = subjectOf(operation, rename, subjects, root)
      subjects.set(subject.id, operation.values.reduce((now, value) => (op === 'ADD' ? add : remove)(now, operation, value, rename, subjects), subject))
    }
  }
  const object = subjects.get(root)
  if (!object) throw unprocessable('The object is gone.', { resource: root })
  return new Map([object, ...reach(object, subjects)].map((subject) => [subject.id, subject]))
}

/** Blank node labels that the change introduces, with the classes it gives them. */
const newObjects = (change: Change): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  for (const { op, values } of change.operations) {
    for (const { datatype, value } of values) {
      if (op === 'ADD' && value.startsWith('_:') && !isLiteralType(datatype)) found.set(value, (found.get(value) ?? new Set<string>()).add(datatype))
    }
  }
  return found
}

const subjectOf = (operation: Operation, rename: (id: string) => string, subjects: Graph, root: string): Subject => {
  const subject = subjects.get(rename(operation.subject))
  // what is only linked to, with its type, is another's
  if (!subject || (subject.id !== root && subject.types.some(isLogisticsObject))) {
    throw unprocessable(`${operation.subject} is neither the object nor one embedded in it.`, { property: operation.property, resource: operation.subject })
  }
  return subject
}

const toValue = (sent: OperationValue, rename: (id: string) => string): Value =>
  isNode(sent)
    ? { kind: 'link', id: rename(sent.value) }
    : { kind: 'literal', value: sent.value, datatype: sent.datatype === `${XSD}string` ? null : sent.datatype, language: null }

const keys = new WeakMap<Value, string>()

/** The same for values that are the same by what they are, not by how they are written; a language does not count. */
const keyOf = (value: Value): string => {
  const known = keys.get(value)
  if (known !== undefined) return known
  const key = value.kind === 'literal' ? literalKey({ ...value, language: null }) : valueKey(value)
  keys.set(value, key)
  return key
}

/** A link may be named by an xsd:anyURI. */
const isSame = (there: Value, sent: Value): boolean =>
  keyOf(there) === keyOf(sent) || (there.kind === 'link' && sent.kind === 'literal' && sent.datatype === `${XSD}anyURI` && sent.value === there.id)

const withProperty = (subject: Subject, iri: string, property: Property): Subject => {
  const properties = new Map(subject.properties)
  if (property.values.length > 0) properties.set(iri, property)
  else properties.delete(iri)
  return { ...subject, properties }
}

type Step = (subject: Subject, operation: Operation, sent: OperationValue, rename: (id: string) => string, subjects: Graph) => Subject

const remove: Step = (subject, { property: iri }, sent, rename) => {
  const property = subject.properties.get(iri)
  const value = toValue(sent, rename)
  const index = property?.values.findIndex((each) => isSame(each, value)) ?? -1
  if (!property || index < 0) throw unprocessable(`${JSON.stringify(sent.value)} cannot be deleted: it is not there.`, { property: iri, resource: subject.id })
  return withProperty(subject, iri, { ...property, values: property.values.toSpliced(index, 1) })
}

const add: Step = (subject, { property: iri }, sent, rename, subjects) => {
  const property = subject.properties.get(iri) ?? { values: [], array: false }
  const value = toValue(sent, rename)
  if (property.values.some((each) => isSame(each, value))) throw unprocessable(`${JSON.stringify(sent.value)} cannot be added: it is there already.`, { property: iri, resource: subject.id })
  if (value.kind === 'link' && value.id.startsWith('internal:') && !subjects.has(value.id)) throw unprocessable(`${value.id} is not embedded in the object.`, { property: iri, resource: subject.id })
  return withProperty(subject, iri, { values: [...property.values, value], array: property.array || property.values.length > 0 })
}
