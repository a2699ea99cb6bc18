import { z } from 'zod'
import { failure } from '../events/errors.ts'
import { holdsRefusedText } from '../events/text.ts'

/** A page of a list that is read on from where the last one ended; `next` is null on the last page. */
export type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null }
export type PageRequest = { /** `next` of the page before; opaque. */ readonly cursor?: string | undefined; /** 1 to 200, 50 by default. */ readonly limit?: number | undefined }

const MAX_LIMIT = 200
const DEFAULT_LIMIT = 50

/** How many items a page holds. @throws INVALID_FIELD */
export const limitOf = ({ limit = DEFAULT_LIMIT }: PageRequest): number => {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw failure('INVALID_FIELD', { field: 'limit', reason: `it must be a whole number from 1 to ${MAX_LIMIT}` })
  return limit
}

/** A cursor holds the sort key of the last item shown. */
export const cursorOf = (...key: readonly string[]): string => Buffer.from(JSON.stringify(key)).toString('base64url')

/** A time in a key: PostgreSQL knows no year 0 (manual, 8.5). */
export const momentKey = z.iso.datetime().refine((at) => !at.startsWith('0000'))

/** The sort key that a cursor holds, null for none. @throws INVALID_FIELD when it is not one that `cursorOf` made */
export const keyOf = <Key extends readonly string[]>({ cursor }: PageRequest, schema: z.ZodType<Key>): Key | null => {
  if (cursor === undefined) return null
  const parsed = schema.safeParse(decoded(cursor))
  if (!parsed.success || holdsRefusedText(parsed.data)) throw failure('INVALID_FIELD', { field: 'cursor', reason: 'it is not the next of a page before; leave it out to begin anew' })
  return parsed.data
}

/** Cuts rows that were read one more than `limit` to a page. */
export const pageOf = <Row, Item>(rows: readonly Row[], limit: number, show: (row: Row) => Item, key: (item: Item) => readonly string[]): Page<Item> => {
  const items = rows.slice(0, limit).map(show)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(...key(last)) : null }
}

const decoded = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null
  }
}
