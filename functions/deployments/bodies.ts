import { z } from 'zod'
import { planSchema, settingsSchema, type Settings } from '../../events/deployment/settings.ts'
import { words } from '../../infra/functions/words.ts'

/** What people send; unknown fields are refused by name. */
const partialSettings = settingsSchema.partial()

export const createBody = z
  .strictObject({ name: z.string().optional(), plan: planSchema.default('small'), settings: partialSettings.default({}) })
  .prefault({})
export type CreateBody = z.infer<typeof createBody>

export const settingsBody = partialSettings.refine((settings) => Object.keys(settings).length > 0, 'name at least one setting to change')
export type SettingsBody = z.infer<typeof settingsBody>

export const stopBody = z.strictObject({ reason: words(500).optional() }).prefault({})
export const emptyBody = z.strictObject({}).prefault({})

/** Only what was sent: a setting that is left out stays as it is. */
export const given = (settings: z.infer<typeof partialSettings>): Partial<Settings> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
