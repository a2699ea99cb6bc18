import { createHash } from 'node:crypto'
import { isBlank, linkedFrom, renameSubject, type Subject, type Value } from './json-ld/graph.ts'
import { datatypeOf, literalKey } from './json-ld/literal.ts'
import { readJsonLd } from './json-ld/reader.ts'
import { API, shortName } from './namespaces.ts'
import { isLogisticsObject } from './ontology/ontology.ts'

/** Statements of one side. `anonymous`: ids that a server gives or may change, so that only what is said about them counts. */
type Side = { readonly subjects: ReadonlyMap<string, Subject>; readonly anonymous: ReadonlySet<string> }

const MOST_OBJECTS = 1_000
const UNBOUNDED = { depth: 1_000, nodes: 1_000_000, contexts: 1_000_000, contextTerms: 1_000_000 }
const ADDED = new Set([`${API}hasRevision`, `${API}hasLatestRevision`])

/**
 * Compares what was posted with what is read back, as graphs: order, form, context and the ids and revisions that a server adds
 * are nothing; every type, property, value, datatype, language and link is. `read`: the object and, after it, those that its
 * nested logistics objects became (readWhole). Says each deviation in words; none: they mean the same.
 */
export const sameGraph = (posted: unknown, read: readonly unknown[]): readonly string[] => {
  const [before, after] = [side([posted]), side(read)]
  const [lost, gained] = differences(statements(before, (id) => label(before, id)), statements(after, (id) => label(after, id)))
  const found = [...lost.map((statement) => `lost: ${statement}`), ...gained.map((statement) => `added: ${statement}`)]
  if (found.length > 0) return found
  // the same statements may still be said of other nodes
  const [colours, others] = [coloured(before), coloured(after)]
  return differences(statements(before, colours), statements(after, others)).some(({ length }) => length > 0) ? ['the same statements, but linked otherwise'] : []
}

/**
 * The documents that hold all of a posted object: itself and, over the links that the server made, the objects that were split
 * out of it. `get` reads one by its IRI. @throws what `get` throws, Error when there are too many
 */
export const readWhole = async (get: (iri: string) => Promise<unknown>, iri: string, posted: unknown): Promise<readonly unknown[]> => {
  const base = iri.slice(0, iri.lastIndexOf('/') + 1)
  const { subjects, anonymous } = side([posted])
  const own = new Set([...subjects.values()].flatMap(linkedFrom).filter((id) => !anonymous.has(id)))
  const documents = new Map<string, unknown>()
  const wanted = [iri]
  for (const next of wanted) {
    if (documents.size >= MOST_OBJECTS) throw new Error(`${iri} leads to more than ${MOST_OBJECTS} objects`)
    if (documents.has(next)) continue
    const document = await get(next)
    documents.set(next, document)
    wanted.push(...[...readJsonLd(document, UNBOUNDED).graph.values()].flatMap(linkedFrom).filter((id) => id.startsWith(base) && !own.has(id)))
  }
  return [...documents.values()]
}

const side = (documents: readonly unknown[]): Side => {
  const read = documents.map((document) => readJsonLd(document, UNBOUNDED))
  const subjects = new Map<string, Subject>()
  read.forEach(({ graph }, index) => {
    // labels of blank nodes are each document's own
    const scope = (id: string): string => (isBlank(id) ? `${id} of ${index}` : id)
    for (const subject of graph.values()) {
      const { id, types, properties } = renameSubject(subject, scope)
      const said = [...properties].filter(([iri, { values }]) => !ADDED.has(iri) && values.length > 0)
      const earlier = subjects.get(id)
      subjects.set(id, { id, types: [...new Set([...(earlier?.types ?? []), ...types])], properties: new Map([...(earlier?.properties ?? []), ...said]) })
    }
  })
  const roots = new Set(read.flatMap(({ roots: [root] }, index) => (root === undefined ? [] : [isBlank(root) ? `${root} of ${index}` : root])))
  const isOwn = ({ id, types, properties }: Subject) =>
    isBlank(id) || id.startsWith('internal:') || roots.has(id) || (types.some(isLogisticsObject) && properties.size > 0)
  const linked = [...subjects.values()].flatMap(linkedFrom).filter((id) => isBlank(id) || id.startsWith('internal:'))
  return { subjects, anonymous: new Set([...[...subjects.values()].filter(isOwn).map(({ id }) => id), ...linked]) }
}

const label = ({ subjects, anonymous }: Side, id: string): string =>
  anonymous.has(id) ? `(${subjects.get(id)?.types.map(shortName).toSorted().join(', ') || 'a node'})` : shortName(id)

const keyOf = (value: Value, name: (id: string) => string): string => {
  if (value.kind === 'link') return name(value.id)
  if (value.kind === 'list') return `[${value.items.map((item) => keyOf(item, name)).join(' ')}]`
  // by value, since a lexical form may change; the datatype may not
  return `${literalKey(value)}^${datatypeOf(value)}`
}

const statementsOf = (subject: Subject, name: (id: string) => string): string[] => [
  ...subject.types.map((type) => `a ${shortName(type)}`),
  ...[...subject.properties].flatMap(([iri, { values }]) => values.map((value) => `${shortName(iri)} ${keyOf(value, name)}`)),
]

const statements = ({ subjects }: Side, name: (id: string) => string): string[] =>
  [...subjects.values()].flatMap((subject) => statementsOf(subject, name).map((statement) => `${name(subject.id)} ${statement}`))

/** What is more often on the left, and what on the right. */
const differences = (left: readonly string[], right: readonly string[]): readonly [string[], string[]] => {
  const count = new Map<string, number>()
  for (const statement of left) count.set(statement, (count.get(statement) ?? 0) + 1)
  for (const statement of right) count.set(statement, (count.get(statement) ?? 0) - 1)
  const more = (sign: number) => [...count].filter(([, times]) => times * sign > 0).map(([statement]) => statement)
  return [more(1), more(-1)]
}

/** Names anonymous nodes by all that can be reached from and to them: colour refinement, until nothing more is told apart. */
const coloured = ({ subjects, anonymous }: Side): ((id: string) => string) => {
  let colours = new Map([...anonymous].map((id) => [id, '']))
  for (let known = 0; ; ) {
    const name = (id: string): string => colours.get(id) ?? id
    const incoming = new Map<string, string[]>()
    for (const subject of subjects.values()) for (const id of linkedFrom(subject)) incoming.set(id, [...(incoming.get(id) ?? []), name(subject.id)])
    const next = new Map([...anonymous].map((id) => {
      const subject = subjects.get(id)
      const said = subject ? statementsOf(subject, name).toSorted() : []
      return [id, createHash('sha256').update(JSON.stringify([name(id), said, incoming.get(id)?.toSorted() ?? []])).digest('hex')]
    }))
    colours = next
    const distinct = new Set(next.values()).size
    if (distinct === known) return name
    known = distinct
  }
}
