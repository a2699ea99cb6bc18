import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { invalidQuery } from '../http/api-error.ts'
import type { Call } from '../http/router.ts'
import { CARGO } from '../namespaces.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { isLogisticsObject } from '../ontology/ontology.ts'
import type { Reader } from '../store/port.ts'
import { listAnswer, readPage } from './page.ts'
import { search, searchPrefix, type Search } from './search.ts'
import { identifierTerm, wordsOf } from './search-terms.ts'

const CODE_LISTS = 'https://onerecord.iata.org/ns/code-lists/'
const MOST_WORDS = 10

/**
 * GET /holder/objects?type=&code=&identifier=&text=&limit=&cursor=: the record's objects, by id or by what they are found by. All
 * that is given must hold. A page may hold fewer than `limit`, and even none, while `next` says that there is more to look at.
 */
export const listObjects = ({ base, record, access }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const asked = readSearch(query)
  const page = readPage(query, searchPrefix(asked))
  const reader = record.reader()
  const { ids, last } = await search(reader, base, asked, page)
  const items = await Promise.all(ids.map((id) => listed(reader, base, id)))
  return listAnswer(`${base}/holder/objects`, query, items.filter((item) => item !== null), last)
}

const listed = async (reader: Reader, base: string, id: string) => {
  const object = await findObject(reader, id)
  return object && { id, url: objectIri(base, id), type: object.type, revision: object.revision, createdAt: new Date(object.createdAt).toISOString(), changedAt: new Date(object.at).toISOString() }
}

/** @throws ApiError 400 that names the parameter */
const readSearch = (query: URLSearchParams): Search => {
  const [type, code, identifier, text] = [query.get('type'), query.get('code'), query.get('identifier'), query.get('text')]
  const words = wordsOf(text ?? '')
  if (text !== null && (words.length === 0 || words.length > MOST_WORDS)) throw invalidQuery(`text must be one to ${MOST_WORDS} words, or beginnings of words.`)
  return {
    words,
    ...(type === null ? {} : { types: classOf(type) }),
    ...(code === null ? {} : { codes: codeOf(code) }),
    ...(identifier === null ? {} : { identifiers: identifierOf(identifier) }),
  }
}

/** An IRI, `cargo:Piece` or `Piece`. */
const classOf = (text: string): string => {
  const iri = text.includes('://') ? text : CARGO + text.replace(/^cargo:/, '')
  if (iri.startsWith(CARGO) && !isLogisticsObject(iri)) throw invalidQuery(`type ${JSON.stringify(text)} is no class of logistics objects.`)
  return iri
}

/** An IRI, `SpecialHandlingCode#VAL` of IATA's code lists, `cargo:ACTUAL`, or the code alone. */
const codeOf = (text: string): string => {
  if (text === '') throw invalidQuery('code must not be empty.')
  if (text.includes('://')) return text
  if (text.startsWith('cargo:')) return CARGO + text.slice('cargo:'.length)
  return text.includes('#') ? CODE_LISTS + text : text
}

const identifierOf = (text: string): string => {
  const term = identifierTerm(text)
  if (term === '') throw invalidQuery('identifier must have letters or digits.')
  return term
}
