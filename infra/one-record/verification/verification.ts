import { one, readNotify, readRevision, textOf, valuesOf } from '../change/fields.ts'
import { invalidBody } from '../http/api-error.ts'
import { linksOf, type Graph, type Subject } from '../json-ld/graph.ts'
import type { Document } from '../json-ld/reader.ts'
import { API } from '../namespaces.ts'

/** An api:Verification: issues that somebody sees in one revision of an object. `graph` and `root` are the body as it was read. */
export type Verification = { readonly revision: number; readonly notify: boolean; readonly graph: Graph; readonly root: string }

const MOST_ERRORS = 1_000
const SEVERITIES = [`${API}ERROR`, `${API}WARNING`]

/**
 * Reads the body of POST /logistics-objects/{id} (API 2.3.0, Verifications). @param object IRI of the object that it is posted to
 * @throws ApiError 400
 */
export const readVerification = ({ graph, roots }: Document, object: string): Verification => {
  const root = roots.flatMap((id) => graph.get(id) ?? []).find(({ types }) => types.includes(`${API}Verification`))
  if (!root) throw invalidBody('The body must be an api:Verification.')
  const given = textOf(one(root, 'hasLogisticsObject')).replace(/\/$/, '')
  if (given !== object) throw invalidBody(`api:hasLogisticsObject is ${given}, but the request is for ${object}.`, { property: `${API}hasLogisticsObject`, resource: object })
  const errors = nodesOf(root, 'hasError', graph, object)
  if (errors.length > MOST_ERRORS) throw invalidBody(`One verification has at most ${MOST_ERRORS} errors.`, { property: `${API}hasError`, resource: object })
  for (const error of errors) {
    if (textOf(one(error, 'hasTitle')) === '') throw invalidBody('An api:Error needs a title.', { property: `${API}hasTitle`, resource: object })
    nodesOf(error, 'hasErrorDetail', graph, object)
    checkSeverity(error, object)
  }
  return { revision: readRevision(root, object), notify: readNotify(root, object), graph, root: root.id }
}

/** No severity is an error (API 2.3.0, Error). */
const checkSeverity = (error: Subject, object: string): void => {
  const [value, ...more] = valuesOf(error, 'hasSeverity')
  if (value && (more.length > 0 || !SEVERITIES.includes(textOf(value)))) throw invalidBody('api:hasSeverity is api:ERROR or api:WARNING.', { property: `${API}hasSeverity`, resource: object })
}

const nodesOf = (subject: Subject, name: string, graph: Graph, resource: string): readonly Subject[] => {
  const values = valuesOf(subject, name)
  const nodes = values.flatMap(linksOf).flatMap((id) => graph.get(id) ?? [])
  if (nodes.length === 0 || nodes.length < values.length) throw invalidBody(`api:${name} holds at least one object.`, { property: API + name, resource })
  return nodes
}
