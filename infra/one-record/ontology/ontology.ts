import { API, CARGO, LOGISTICS_OBJECT } from '../namespaces.ts'
import table from './table.json' with { type: 'json' }

/**
 * What compile.ts makes of the ontologies (cargo 3.3.0, api 2.3.0; cargo 3.2 and api 2.2.0 have nothing beyond it). Names are
 * `c:Piece` (cargo) or `a:Change` (api); lists are separated by blanks.
 */
export type Table = {
  /** Class -> its direct superclasses. */
  readonly classes: Readonly<Record<string, string>>
  /** Object properties: values are links or embedded objects. */
  readonly links: string
  /** Datatype properties: values are literals. */
  readonly literals: string
}

const full = (name: string): string => (name.startsWith('c:') ? CARGO : API) + name.slice(2)
const list = (names: string): string[] => names.split(' ').filter(Boolean).map(full)

const classes: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(table.classes).map(([name, parents]) => [full(name), list(parents)]))
const properties: ReadonlyMap<string, 'link' | 'literal'> = new Map([
  ...list(table.links).map((iri) => [iri, 'link'] as const),
  ...list(table.literals).map((iri) => [iri, 'literal'] as const),
])
const ancestorsOf = new Map<string, ReadonlySet<string>>()

/** The class and all its superclasses; of an unknown class, only itself. */
export const ancestors = (iri: string): ReadonlySet<string> => {
  const known = ancestorsOf.get(iri)
  if (known) return known
  const found = new Set([iri, ...(classes.get(iri) ?? []).flatMap((parent) => [...ancestors(parent)])])
  if (classes.has(iri)) ancestorsOf.set(iri, found)
  return found
}

export const isClass = (iri: string): boolean => classes.has(iri)
export const isLogisticsObject = (iri: string): boolean => ancestors(iri).has(LOGISTICS_OBJECT)

/** Kind of a property of the standard; null when the standard has no such property. */
export const propertyKind = (iri: string): 'link' | 'literal' | null => properties.get(iri) ?? null

/** Of the logistics object classes among `types` one that has no subclass among them (header `Type`); null when there is none. */
export const mostSpecific = (types: readonly string[]): string | null => {
  const candidates = types.filter(isLogisticsObject)
  return candidates.find((candidate) => candidates.every((other) => other === candidate || !ancestors(other).has(candidate))) ?? null
}
