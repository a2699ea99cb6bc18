import { z } from 'zod'
import { LETTER_STATES } from '../../events/parked/state.ts'
import { pageQuery } from '../../infra/functions/page.ts'
import { words } from '../../infra/functions/words.ts'

/** What people send; unknown fields are refused by name. */
const reason = words(500).optional()
const text = words(200)
const filter = { group: text.optional(), eventType: text.optional(), deploymentId: text.optional(), search: z.string().max(200).optional() }

export const oneBody = z.strictObject({ reason }).prefault({})
export type OneBody = z.infer<typeof oneBody>

/** Letters a single call takes at most; the answer says where to go on. */
const MAX_LETTERS = 1_000
const page = { reason, cursor: z.string().max(500).optional(), limit: z.int().min(1).max(MAX_LETTERS).default(MAX_LETTERS) }

export const redriveBody = z
  .strictObject({ filter: z.strictObject({ ...filter, state: z.enum(['parked', 'discarded']).default('parked') }).prefault({}), ...page })
  .prefault({})

/** Only what is parked can be discarded. */
export const discardBody = z
  .strictObject({ filter: z.strictObject({ ...filter, state: z.literal('parked').default('parked') }).prefault({}), ...page })
  .prefault({})
export type ManyBody = z.infer<typeof redriveBody>

export const listQuery = z.strictObject({
  ...filter, state: z.enum(LETTER_STATES).optional(),
  ...pageQuery,
})
export type ListQuery = z.infer<typeof listQuery>
