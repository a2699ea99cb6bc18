import { unprocessable } from '../http/api-error.ts'
import { linksOf, type Graph, type Link, type Literal, type Property, type Subject, type Value } from '../json-ld/graph.ts'
import { literalKey } from '../json-ld/literal.ts'
import { shortName, XSD } from '../namespaces.ts'
import { reach } from '../objects/split.ts'
import { stableId } from '../objects/stable-id.ts'
import { isLogisticsObject } from '../ontology/ontology.ts'
import type { Change } from './change.ts'
import { isNode, newObjects, quoted, type Operation, type OperationValue } from './operation.ts'

/**
 * The object after the change: all or nothing, deletions before additions (bodies arrive in any order), embedded objects that
 * nothing leads to any more are gone. @param root IRI of the object @param revision that it will have
 * @throws ApiError 422 when an operation cannot be done
 */
export const applyChange = (graph: Graph, root: string, { operations }: Change, revision: number): Graph => {
  const news = newObjects(operations, (id) => graph.has(id))
  const rename = (id: string): string => (news.has(id) ? stableId(root, revision, id) : id)
  const made = [...news].map(([label, types]): Subject => ({ id: rename(label), types: [...types], properties: new Map() }))
  const subjects = new Map([...graph, ...made.map((subject) => [subject.id, subject] as const)])
  const drafts = new Map<string, Draft>()

  for (const op of ['DELETE', 'ADD'] as const) {
    for (const operation of operations.filter((each) => each.op === op)) {
      const subject = subjectOf(operation, rename, subjects, root)
      const draft = drafts.get(subject.id) ?? draftOf(subject)
      drafts.set(subject.id, draft)
      for (const sent of operation.values) (op === 'ADD' ? add : remove)(draft, operation, sent, { rename, subjects })
    }
  }
  const changed = new Map([...subjects].map(([id, subject]) => [id, drafts.get(id)?.finished() ?? subject]))
  const object = changed.get(root)
  if (!object) throw unprocessable('The object is gone.', { resource: root })
  const result: Graph = new Map([object, ...reach(object, changed)].map((subject) => [subject.id, subject]))
  checkAdditions(operations.filter(({ op }) => op === 'ADD'), rename, result)
  return checkNoCircle(result, root, graph)
}

const subjectOf = ({ subject: sent, property }: Operation, rename: (id: string) => string, subjects: Graph, root: string): Subject => {
  const subject = subjects.get(rename(sent))
  // what is only linked to, with its type, is another's
  if (!subject || (subject.id !== root && subject.types.some(isLogisticsObject))) {
    throw unprocessable(`${quoted(sent)} is neither the object nor one embedded in it.`, { property, resource: sent })
  }
  return subject
}

/** One subject while it changes: values are found by what they are, however many there are. */
type Draft = { readonly subject: Subject; property(iri: string): Map<string, Value[]>; finished(): Subject }

const draftOf = (subject: Subject): Draft => {
  const touched = new Map<string, Map<string, Value[]>>()
  const property = (iri: string): Map<string, Value[]> => {
    const known = touched.get(iri)
    if (known) return known
    const values = new Map<string, Value[]>()
    for (const value of subject.properties.get(iri)?.values ?? []) {
      const same = values.get(keyOf(value))
      if (same) same.push(value)
      else values.set(keyOf(value), [value])
    }
    touched.set(iri, values)
    return values
  }
  const finished = (): Subject => {
    const properties = new Map<string, Property>(subject.properties)
    for (const [iri, byKey] of touched) {
      const values = [...byKey.values()].flat()
      if (values.length > 0) properties.set(iri, { values, array: (subject.properties.get(iri)?.array ?? false) || values.length > 1 })
      else properties.delete(iri)
    }
    return { ...subject, properties }
  }
  return { subject, property, finished }
}

/** The same for values that are the same by what they are, not by how they are written; a language does not count. */
const keyOf = (value: Value): string => {
  switch (value.kind) {
    case 'literal': return literalKey({ ...value, language: null })
    case 'link': return `<${value.id}>`
    case 'list': return `(${value.items.map(keyOf).join(' ')})`
  }
}

type Step = (draft: Draft, operation: Operation, sent: OperationValue, known: { readonly rename: (id: string) => string; readonly subjects: Graph }) => void

const toValue = (sent: OperationValue, rename: (id: string) => string): Literal | Link =>
  isNode(sent)
    ? { kind: 'link', id: rename(sent.value) }
    : { kind: 'literal', value: sent.value, datatype: sent.datatype === `${XSD}string` ? null : sent.datatype, language: null }

/** Under which key the value is there; a link may be named by an xsd:anyURI. */
const findKey = (values: ReadonlyMap<string, Value[]>, value: Literal | Link): string | null => {
  const keys = value.kind === 'literal' && value.datatype === `${XSD}anyURI` ? [keyOf(value), `<${value.value}>`] : [keyOf(value)]
  return keys.find((key) => values.has(key)) ?? null
}

const remove: Step = ({ subject, property }, { property: iri }, sent, { rename }) => {
  const values = property(iri)
  const key = findKey(values, toValue(sent, rename))
  if (key === null) throw unprocessable(`${quoted(sent.value)} cannot be deleted: it is not there.`, { property: iri, resource: subject.id })
  const [, ...others] = values.get(key) ?? []
  if (others.length > 0) values.set(key, others)
  else values.delete(key)
}

const add: Step = ({ subject, property }, { property: iri }, sent, { rename, subjects }) => {
  const values = property(iri)
  const value = toValue(sent, rename)
  if (findKey(values, value) !== null) throw unprocessable(`${quoted(sent.value)} cannot be added: it is there already.`, { property: iri, resource: subject.id })
  if (value.kind === 'link' && value.id.startsWith('internal:') && !subjects.has(value.id)) throw unprocessable(`${quoted(value.id)} is not embedded in the object.`, { property: iri, resource: subject.id })
  values.set(keyOf(value), [value])
}

/** What is added to something that nothing leads to would be lost. */
const checkAdditions = (additions: readonly Operation[], rename: (id: string) => string, result: Graph): void => {
  const lost = additions.find(({ subject }) => !result.has(rename(subject)))
  if (lost) throw unprocessable(`Nothing in the object leads to ${quoted(lost.subject)} after this change.`, { property: lost.property, resource: lost.subject })
}

/** Embedded objects exist along with what holds them, so that none can hold itself; what was so before the change stays. */
const checkNoCircle = (result: Graph, root: string, before: Graph): Graph => {
  const circle = findCircle(result, root)
  if (circle && !findCircle(before, root)) throw unprocessable(`By ${shortName(circle.property)} an embedded object would hold itself.`, circle)
  return result
}

type Arrow = { readonly resource: string; readonly property: string; readonly to: string }

/** An arrow from an embedded object to one that holds it. Walks without recursion: a chain may be as long as a change. */
const findCircle = (graph: Graph, root: string): Arrow | null => {
  const arrowsOf = (id: string): Arrow[] =>
    [...(graph.get(id)?.properties ?? [])].flatMap(([property, { values }]) => values.flatMap(linksOf).filter((to) => to !== root && isEmbedded(graph.get(to))).map((to) => ({ resource: id, property, to })))
  const done = new Set<string>()
  const path = [{ id: root, arrows: arrowsOf(root) }]
  const held = new Set([root])
  for (let last = path.at(-1); last; last = path.at(-1)) {
    const arrow = last.arrows.pop()
    if (!arrow) {
      path.pop()
      held.delete(last.id)
      done.add(last.id)
    } else if (held.has(arrow.to)) {
      return arrow
    } else if (!done.has(arrow.to)) {
      held.add(arrow.to)
      path.push({ id: arrow.to, arrows: arrowsOf(arrow.to) })
    }
  }
  return null
}

const isEmbedded = (subject: Subject | undefined): boolean => subject !== undefined && !subject.types.some(isLogisticsObject)
