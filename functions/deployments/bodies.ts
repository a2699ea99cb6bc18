import { z } from 'zod'
import { planSchema, settingsSchema, type Settings } from '../../events/deployment/settings.ts'
import { STATUSES } from '../../events/states.ts'
import { pageQuery as page } from '../../infra/functions/page.ts'
import { words } from '../../infra/functions/words.ts'

/** What people send; unknown fields are refused by name. */
const partialSettings = settingsSchema.partial()

export const createBody = z
  .strictObject({ name: z.string().optional().meta({ description: 'A DNS label; invented when it is left out.' }), plan: planSchema.default('small'), settings: partialSettings.default({}) })
  .prefault({})
export type CreateBody = z.infer<typeof createBody>

export const settingsBody = partialSettings.refine((settings) => Object.keys(settings).length > 0, 'name at least one setting to change')
export type SettingsBody = z.infer<typeof settingsBody>

export const listQuery = z.strictObject({
  ...page,
  status: z.enum(STATUSES).optional(), owner: words(200).optional(), wanted: z.enum(['running', 'stopped', 'deleted']).optional(),
  search: z.string().optional().meta({ description: 'A part of the name; shorter than three characters, its beginning.' }),
})
export type ListQuery = z.infer<typeof listQuery>
export const pageQuery = z.strictObject(page)
export type PageQuery = z.infer<typeof pageQuery>

export const stopBody = z.strictObject({ reason: words(500).optional() }).prefault({})
export const emptyBody = z.strictObject({}).prefault({})

/** Only what was sent: a setting that is left out stays as it is. */
export const given = (settings: z.infer<typeof partialSettings>): Partial<Settings> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
