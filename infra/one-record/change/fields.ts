import { invalidBody } from '../http/api-error.ts'
import type { Subject, Value } from '../json-ld/graph.ts'
import { isLexical } from '../json-ld/literal.ts'
import { API, shortName, XSD } from '../namespaces.ts'

/** Values of a property of the api's namespace. */
export const valuesOf = (subject: Subject, name: string): readonly Value[] => subject.properties.get(API + name)?.values ?? []

/** The only value of a property. @throws ApiError 400 */
export const one = (subject: Subject, name: string): Value => {
  const [value, ...more] = valuesOf(subject, name)
  if (!value || more.length > 0) throw invalidBody(`${shortName(subject.types[0] ?? 'A node')} needs one api:${name}.`, { property: API + name })
  if (value.kind === 'list') throw invalidBody(`api:${name} is one value, not a list.`, { property: API + name })
  return value
}

/** Text of a literal, or the IRI of a link. */
export const textOf = (value: Value): string => {
  if (value.kind === 'list') throw invalidBody('A list has no place here.')
  return value.kind === 'link' ? value.id : String(value.value)
}

/** `hasRevision` of a change or a verification. @throws ApiError 400 */
export const readRevision = (root: Subject, object: string): number => {
  const text = textOf(one(root, 'hasRevision'))
  if (!isLexical(text, `${XSD}positiveInteger`) || !Number.isSafeInteger(Number(text))) throw invalidBody('api:hasRevision must be a positive integer.', { property: `${API}hasRevision`, resource: object })
  return Number(text)
}

/** `notifyRequestStatusChange`; missing is false. @throws ApiError 400 */
export const readNotify = (root: Subject, object: string): boolean => {
  const [value, ...more] = valuesOf(root, 'notifyRequestStatusChange')
  if (!value) return false
  const text = textOf(value)
  if (more.length > 0 || !isLexical(text, `${XSD}boolean`)) throw invalidBody('api:notifyRequestStatusChange must be one boolean.', { property: `${API}notifyRequestStatusChange`, resource: object })
  return text === 'true' || text === '1'
}
