import type { Consequence } from '../facts.ts'
import { key } from '../store/key.ts'
import { searchTerms, type SearchTerms } from './search-terms.ts'

/** Kinds of terms that an object is found by; a row `term/<kind>/<term>/<object>` for each. */
export const TERM_KINDS = ['types', 'codes', 'identifiers', 'words'] as const satisfies readonly (keyof SearchTerms)[]
export type TermKind = (typeof TERM_KINDS)[number]

export const termKey = (kind: TermKind, term: string, object: string): string => key('term', kind, term, object)

/** Keeps the rows that objects are found by as the objects are, in the commit that changes them. */
export const indexForSearch: Consequence = async (tx, _, fact) => {
  if (fact.kind !== 'object-created' && fact.kind !== 'object-updated' && fact.kind !== 'object-erased') return
  const before = fact.before && searchTerms(fact.before, fact.iri)
  const after = fact.after && searchTerms(fact.after, fact.iri)
  for (const kind of TERM_KINDS) {
    for (const term of before?.[kind] ?? []) if (!after?.[kind].has(term)) tx.delete(termKey(kind, term, fact.id))
    for (const term of after?.[kind] ?? []) if (!before?.[kind].has(term)) tx.put(termKey(kind, term, fact.id), null)
  }
}
