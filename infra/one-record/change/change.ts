import { invalidBody } from '../http/api-error.ts'
import { isBlank, linksOf, type Graph, type Subject, type Value } from '../json-ld/graph.ts'
import type { Document } from '../json-ld/reader.ts'
import { API } from '../namespaces.ts'
import { one, readNotify, readRevision, textOf, valuesOf } from './fields.ts'
import { checkNewObjects, readOperation, type Operation, type Strictness } from './operation.ts'

/**
 * An api:Change. `graph` and `root` are the body as it was read, for the record; labels of new embedded objects are texts in it, so
 * that they stay what they are. `verifications`: IRIs of the verification requests that it answers.
 */
export type Change = {
  readonly revision: number
  readonly operations: readonly Operation[]
  readonly notify: boolean
  readonly verifications: readonly string[]
  readonly graph: Graph
  readonly root: string
}

/** Values that one change may add and delete together. */
const MOST_VALUES = 2_000
const MOST_VERIFICATIONS = 100

/**
 * Reads the body of PATCH /logistics-objects/{id} and checks what can be checked without the object (API 2.3.0, Update a Logistics
 * Object). @param object IRI of the object that is patched @throws ApiError 400
 */
export const readChange = (document: Document, object: string, strictness: Strictness): Change => {
  const graph = withLabelsAsText(document.graph)
  const root = document.roots.flatMap((id) => graph.get(id) ?? []).find(({ types }) => types.includes(`${API}Change`))
  if (!root) throw invalidBody('The body must be an api:Change.')
  const given = textOf(one(root, 'hasLogisticsObject')).replace(/\/$/, '')
  if (given !== object) throw invalidBody(`api:hasLogisticsObject is ${given}, but the request is for ${object}.`, { property: `${API}hasLogisticsObject`, resource: object })
  const operations = valuesOf(root, 'hasOperation').map((value) => readOperation(nodeOf(value, graph), graph, strictness))
  if (operations.length === 0) throw invalidBody('api:Change needs at least one api:hasOperation.', { property: `${API}hasOperation`, resource: object })
  if (operations.reduce((sum, { values }) => sum + values.length, 0) > MOST_VALUES) throw invalidBody(`One change has at most ${MOST_VALUES} values.`, { property: `${API}hasOperation`, resource: object })
  checkNewObjects(operations)
  return { revision: readRevision(root, object), operations, notify: readNotify(root, object), verifications: readVerifications(root, object), graph, root: root.id }
}

const readVerifications = (root: Subject, object: string): readonly string[] => {
  const about = { property: `${API}hasVerificationRequest`, resource: object }
  const values = valuesOf(root, 'hasVerificationRequest')
  if (values.length > MOST_VERIFICATIONS) throw invalidBody(`One change answers at most ${MOST_VERIFICATIONS} verification requests.`, about)
  return values.map((value) => {
    const iri = textOf(value)
    if (!/^https?:/.test(iri)) throw invalidBody('api:hasVerificationRequest must be the address of a verification request.', about)
    return iri
  })
}

/** Blank nodes that are named as subject or value of an operation (`{"@id": "_:b0"}`) become their labels, as if sent as text. */
const withLabelsAsText = (graph: Graph): Graph => new Map([...graph].map(([id, subject]) => [id, {
  ...subject,
  properties: new Map([...subject.properties].map(([iri, property]) => [iri, NAMING.includes(iri) ? { ...property, values: property.values.map((value) => asText(value, graph)) } : property])),
}]))
const NAMING = [`${API}s`, `${API}hasValue`]

const asText = (value: Value, graph: Graph): Value => {
  if (value.kind !== 'link' || !isBlank(value.id)) return value
  if (graph.has(value.id)) throw invalidBody('api:s and api:hasValue name a node; what is said about it are operations of their own.', { property: `${API}hasValue` })
  return { kind: 'literal', value: value.id.replace(/^_:b-/, '_:'), datatype: null, language: null }
}

const nodeOf = (value: Value, graph: Graph): Subject => {
  const [id = ''] = linksOf(value)
  const node = graph.get(id)
  if (!node) throw invalidBody('An api:Change holds its operations as objects.', { property: `${API}hasOperation` })
  return node
}
