import type { Consequence, ObjectFact } from '../facts.ts'
import { key } from '../store/key.ts'
import type { Transaction } from '../store/port.ts'
import { searchTerms, type SearchTerms } from './search-terms.ts'

/** Kinds of terms that an object is found by; a row `term/<kind>/<term>/<object>` for each. */
export const TERM_KINDS = ['types', 'codes', 'identifiers', 'words'] as const satisfies readonly (keyof SearchTerms)[]
export type TermKind = (typeof TERM_KINDS)[number]

export const termKey = (kind: TermKind, term: string, object: string): string => key('term', kind, term, object)

/** Keeps the rows that objects are found by as the objects are, in the commit that changes them. */
export const indexForSearch: Consequence = async (tx, _, fact) => {
  if (fact.kind === 'object-created' || fact.kind === 'object-updated' || fact.kind === 'object-erased') indexObject(tx, fact)
}

/** Rows of the terms that an object has and did not have, and none of those it has no more. */
export const indexObject = (tx: Transaction, { id, iri, before, after }: Pick<ObjectFact, 'id' | 'iri' | 'before' | 'after'>): void => {
  const was = before && searchTerms(before, iri)
  const is = after && searchTerms(after, iri)
  for (const kind of TERM_KINDS) {
    for (const term of was?.[kind] ?? []) if (!is?.[kind].has(term)) tx.delete(termKey(kind, term, id))
    for (const term of is?.[kind] ?? []) if (!was?.[kind].has(term)) tx.put(termKey(kind, term, id), null)
  }
}
