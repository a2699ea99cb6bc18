import { z } from 'zod'

/** The query of a list that is read page by page; what is in a cursor is checked by who reads the list. */
export const pageQuery = {
  cursor: z.string().max(500).optional().meta({ description: '`next` of the page before; opaque.' }),
  limit: z.coerce.number().optional().meta({ description: 'Items on a page; 50 by default.', type: 'integer', minimum: 1, maximum: 200 }),
}

/** A page of a list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last.' }) })

/** A time as all answers give it: RFC 3339, UTC, milliseconds. */
export const time = z.iso.datetime()

/** A revision counts from 0 within its stream; the entity tag. */
export const revision = z.int().min(0)
