import { invalidQuery } from '../http/api-error.ts'

/** A page of a list, by key: `after` is the key that the page before ended with. */
export type PageQuery = { readonly limit: number; readonly after: string | null }

const MOST = 200
const USUAL = 50

/** Reads `limit` and `cursor`. @param prefix of the keys that the list goes over @throws ApiError 400 */
export const readPage = (query: URLSearchParams, prefix: string): PageQuery => {
  const limit = query.get('limit')
  if (limit !== null && (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST)) throw invalidQuery(`limit must be a whole number from 1 to ${MOST}.`)
  const cursor = query.get('cursor')
  const after = cursor === null ? null : Buffer.from(cursor, 'base64url').toString()
  if (after !== null && !after.startsWith(prefix)) throw invalidQuery('cursor must be one that this list gave, with the same question.')
  return { limit: limit === null ? USUAL : Number(limit), after }
}

/** Address of the next page: the same question, from the key this page ended with. */
export const nextPage = (path: string, query: URLSearchParams, last: string): string => {
  const next = new URLSearchParams(query)
  next.set('cursor', Buffer.from(last).toString('base64url'))
  return `${path}?${next.toString()}`
}
