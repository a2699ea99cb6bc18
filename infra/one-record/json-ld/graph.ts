/** A literal as JSON-LD keeps it: native numbers and booleans stay what they are, so that they are given back as they came. */
export type Literal = { readonly kind: 'literal'; readonly value: string | number | boolean; readonly datatype: string | null; readonly language: string | null }
export type Link = { readonly kind: 'link'; readonly id: string }
export type List = { readonly kind: 'list'; readonly items: readonly Value[] }
export type Value = Literal | Link | List

/** Values of one property, a set. `array`: written as an array even when there is one, as it came; none: an explicit empty set. */
export type Property = { readonly values: readonly Value[]; readonly array: boolean }

/** Everything said about one node. `id` is an absolute IRI or a blank node label `_:x`. */
export type Subject = { readonly id: string; readonly types: readonly string[]; readonly properties: ReadonlyMap<string, Property> }

/** Subjects by id: a flattened document. Nodes that are only linked to are no subjects. */
export type Graph = ReadonlyMap<string, Subject>

export const isBlank = (id: string): boolean => id.startsWith('_:')

/** Equal for values that are the same. */
export const valueKey = (value: Value): string => {
  switch (value.kind) {
    case 'link': return `<${value.id}>`
    case 'list': return `(${value.items.map(valueKey).join(' ')})`
    case 'literal': return `${typeof value.value} ${JSON.stringify(value.value)}^${value.datatype ?? ''}@${value.language ?? ''}`
  }
}

/** Ids that a value links to, those in lists included. */
export const linksOf = (value: Value): readonly string[] =>
  value.kind === 'link' ? [value.id] : value.kind === 'list' ? value.items.flatMap(linksOf) : []

/** All ids that a subject links to. */
export const linkedFrom = (subject: Subject): readonly string[] =>
  [...subject.properties.values()].flatMap(({ values }) => values.flatMap(linksOf))

const renameValue = (value: Value, rename: (id: string) => string): Value => {
  switch (value.kind) {
    case 'link': return { kind: 'link', id: rename(value.id) }
    case 'list': return { kind: 'list', items: value.items.map((item) => renameValue(item, rename)) }
    case 'literal': return value
  }
}

/** The same subject with every id, its own and those it links to, passed through `rename`. */
export const renameSubject = (subject: Subject, rename: (id: string) => string): Subject => ({
  id: rename(subject.id),
  types: subject.types,
  properties: new Map([...subject.properties].map(([iri, { values, array }]) => [iri, { values: values.map((value) => renameValue(value, rename)), array }])),
})
