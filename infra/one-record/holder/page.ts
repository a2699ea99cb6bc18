import type { Answer } from '../http/answer.ts'
import { invalidQuery } from '../http/api-error.ts'
import type { PageOf } from '../store/scan-page.ts'
import { plainJson } from './plain-json.ts'

const MOST = 200
const USUAL = 50

/** Reads `limit` and `cursor`. @param prefix of the keys that the list goes over @throws ApiError 400 */
export const readPage = (query: URLSearchParams, prefix: string): PageOf => {
  const limit = query.get('limit')
  if (limit !== null && (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST)) throw invalidQuery(`limit must be a whole number from 1 to ${MOST}.`)
  const cursor = query.get('cursor')
  const after = cursor === null ? null : Buffer.from(cursor, 'base64url').toString()
  if (after !== null && !after.startsWith(prefix)) throw invalidQuery('cursor must be one that this list gave, with the same question.')
  return { limit: limit === null ? USUAL : Number(limit), after }
}

/**
 * A page of a list, with the address of the next one: the same question, from the key that this page ended with. @param url of the list
 * @param last null when there are no more
 */
export const listAnswer = (url: string, query: URLSearchParams, items: readonly unknown[], last: string | null): Answer =>
  plainJson({ items, next: last === null ? null : nextPage(url, query, last) })

const nextPage = (url: string, query: URLSearchParams, last: string): string => {
  const next = new URLSearchParams(query)
  next.set('cursor', Buffer.from(last).toString('base64url'))
  return `${url}?${next.toString()}`
}
