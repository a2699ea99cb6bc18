import { LOGISTICS_OBJECT } from '../namespaces.ts'
import { readVocabulary, type Vocabulary } from './vocabulary.ts'
import table from './table.json' with { type: 'json' }

/** Releases of the standard that are served, the oldest first: 2025-07 is API 2.2.0 with cargo 3.2, 2026-07 is 2.3.0 with 3.3. */
export const RELEASES: readonly string[] = Object.keys(table.releases)

const vocabularies = new Map<string | null, Vocabulary>()

/** What one release says; of null, what any release allows: a record holds objects of all of them. */
export const vocabularyOf = (release: string | null): Vocabulary => {
  const known = vocabularies.get(release)
  if (known) return known
  const vocabulary = readVocabulary(table, release === null ? RELEASES : [release])
  vocabularies.set(release, vocabulary)
  return vocabulary
}

const { classes, properties, ancestors } = vocabularyOf(null)

export { ancestors }
export const isClass = (iri: string): boolean => classes.has(iri)
export const isLogisticsObject = (iri: string): boolean => ancestors(iri).has(LOGISTICS_OBJECT)

/** Kind of a property of the standard; null when the standard has no such property. */
export const propertyKind = (iri: string): 'link' | 'literal' | null => properties.get(iri)?.kind ?? null

/** Of the logistics object classes among `types` one that has no subclass among them (header `Type`); null when there is none. */
export const mostSpecific = (types: readonly string[]): string | null => {
  const candidates = types.filter(isLogisticsObject)
  return candidates.find((candidate) => candidates.every((other) => other === candidate || !ancestors(other).has(candidate))) ?? null
}
