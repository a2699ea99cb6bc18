import { invalidQuery } from '../http/api-error.ts'
import { readTime } from '../http/time.ts'

/** What lists, filters and sorts need of an event. Times in milliseconds; `code`: IRI of its event code. */
export type EventFacts = { readonly created: number; readonly occurred: number; readonly code: string | null }

/** Times strictly between; both ends open when null. */
export type Between = { readonly after: number | null; readonly before: number | null }

/** The question of GET .../logistics-events (2.3.0, Get Logistics Events of a Logistics Object). */
export type EventQuery = {
  readonly codes: readonly string[] | null
  readonly created: Between
  readonly occurred: Between
  readonly sort: { readonly by: 'created' | 'occurred'; readonly descending: boolean }
  readonly limit: number | null
  readonly skip: number
}

/** Without `sort`: in the order in which they came. */
const SORTS: Readonly<Record<string, EventQuery['sort']>> = {
  'ASC-creationDate': { by: 'created', descending: false },
  'DESC-creationDate': { by: 'created', descending: true },
  'ASC-eventDate': { by: 'occurred', descending: false },
  'DESC-eventDate': { by: 'occurred', descending: true },
}
const MOST_CODES = 50

/** @throws ApiError 400 that names the parameter */
export const readEventQuery = (query: URLSearchParams): EventQuery => ({
  codes: codesOf(query.get('event-code')),
  created: between('created', query),
  occurred: between('occurred', query),
  sort: sortOf(query.get('sort')),
  limit: countOf('limit', query),
  skip: countOf('skip', query) ?? 0,
})

/** True for an event that the filters let through. */
export const isAskedFor = ({ codes, created, occurred }: EventQuery, event: EventFacts): boolean =>
  isBetween(event.created, created) && isBetween(event.occurred, occurred)
  && (codes === null || codes.some((code) => event.code?.includes(code) === true))

/** True when every event passes, so that none has to be looked at to count them. */
export const isUnfiltered = ({ codes, created, occurred }: EventQuery): boolean =>
  codes === null && [created, occurred].every(({ after, before }) => after === null && before === null)

const isBetween = (time: number, { after, before }: Between): boolean => (after === null || time > after) && (before === null || time < before)

const between = (name: 'created' | 'occurred', query: URLSearchParams): Between => {
  const end = (parameter: string): number | null => {
    const text = query.get(parameter)
    return text === null ? null : readTime(parameter, text)
  }
  return { after: end(`${name}-after`), before: end(`${name}-before`) }
}

const codesOf = (text: string | null): readonly string[] | null => {
  if (text === null) return null
  const codes = text.split(',').map((code) => code.trim())
  if (codes.includes('') || codes.length > MOST_CODES) throw invalidQuery(`event-code must be one to ${MOST_CODES} codes or IRIs of codes, separated by commas.`)
  return codes
}

const sortOf = (text: string | null): EventQuery['sort'] => {
  const sort = text === null ? SORTS['ASC-creationDate'] : Object.hasOwn(SORTS, text) ? SORTS[text] : undefined
  if (!sort) throw invalidQuery(`sort must be one of ${Object.keys(SORTS).join(', ')}.`)
  return sort
}

const countOf = (name: string, query: URLSearchParams): number | null => {
  const text = query.get(name)
  if (text === null) return null
  if (!/^\d{1,9}$/.test(text)) throw invalidQuery(`${name} must be a whole number from 0, not ${JSON.stringify(text)}.`)
  return Number(text)
}
