import { objectGraph } from '../objects/body.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { below, key, partsOf } from '../store/key.ts'
import type { Reader, Row } from '../store/port.ts'
import type { PageOf } from '../store/scan-page.ts'
import { termKey, TERM_KINDS, type TermKind } from './search-index.ts'
import { searchTerms } from './search-terms.ts'

/** What objects are looked for by; all that is given must hold. `words`: each is the beginning of a word of the object. */
export type Search = Readonly<Partial<Record<Exclude<TermKind, 'words'>, string>>> & { readonly words: readonly string[] }

/** `last`: key of the row this page ended with, null when there are no more. */
export type Found = { readonly ids: readonly string[]; readonly last: string | null }

/** Rows that one page looks at, so that a rare combination of frequent terms costs several short answers, not one long one. */
const MOST_LOOKED_AT = 1_000
const ROWS = 100

/** Prefix of the rows that a search goes over: those of its most telling term; of all objects when it has none. */
export const searchPrefix = (search: Search): string => {
  const kind = drivingKind(search)
  if (kind === null) return below('object')
  // a word is looked for by its beginning
  return kind === 'words' ? key('term', kind, longest(search.words)) : below('term', kind, search[kind] ?? '')
}

/** Ids of the objects that a search finds, in the order of its rows. */
export const search = async (reader: Reader, base: string, asked: Search, { limit, after }: PageOf): Promise<Found> => {
  const kind = drivingKind(asked)
  const ids: string[] = []
  let last = after
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT; ) {
    const rows = await reader.scan({ prefix: searchPrefix(asked), ...(last === null ? {} : { after: last }), limit: ROWS })
    const hits = await Promise.all(rows.map((row) => isFound(reader, base, asked, kind, row)))
    for (const [index, row] of rows.entries()) {
      if (!hits[index]) continue
      ids.push(idOf(row))
      if (ids.length === limit) return { ids, last: row.key }
    }
    if (rows.length < ROWS) return { ids, last: null }
    last = rows.at(-1)?.key ?? null
    lookedAt += rows.length
  }
  return { ids, last }
}

const drivingKind = (asked: Search): TermKind | null =>
  asked.identifiers !== undefined ? 'identifiers' : asked.codes !== undefined ? 'codes' : asked.words.length > 0 ? 'words' : asked.types !== undefined ? 'types' : null

const longest = (words: readonly string[]): string => words.toSorted((a, b) => b.length - a.length)[0] ?? ''

const idOf = ({ key: text }: Row): string => partsOf(text).at(-1) ?? ''

const isFound = async (reader: Reader, base: string, asked: Search, driving: TermKind | null, row: Row): Promise<boolean> => {
  const id = idOf(row)
  for (const kind of TERM_KINDS) {
    if (kind === driving || kind === 'words') continue
    const term = asked[kind]
    if (term !== undefined && !(await reader.get(termKey(kind, term, id)))) return false
  }
  return asked.words.length === 0 || hasWords(reader, base, asked.words, id, driving === 'words' ? row : null)
}

/** Of the words of an object that begin alike, and so are rows of their own, the first counts. */
const hasWords = async (reader: Reader, base: string, asked: readonly string[], id: string, row: Row | null): Promise<boolean> => {
  const object = await findObject(reader, id)
  if (!object) return false
  const iri = objectIri(base, id)
  const words = [...searchTerms(objectGraph(await reader.body(object.place), iri), iri).words]
  if (!asked.every((word) => words.some((own) => own.startsWith(word)))) return false
  const keys = words.filter((own) => own.startsWith(longest(asked))).map((own) => termKey('words', own, id))
  return row === null || keys.every((own) => own >= row.key)
}
