import { z } from 'zod'

/** What an owner may set. Seconds are whole; bytes are of one request body. */
export const settingsSchema = z.strictObject({
  /** Seconds without a request until the instance is paused (frozen in memory). */
  pauseAfterSeconds: z.int().min(1).max(86_400),
  /** Seconds in pause until the instance is hibernated (its slot given up; everything is in the object store). */
  hibernateAfterSeconds: z.int().min(1).max(30 * 86_400),
  /** Largest request body the ONE Record server takes, in bytes. */
  maxBodyBytes: z.int().min(1_024).max(64 * 1024 * 1024),
})
export type Settings = Readonly<z.infer<typeof settingsSchema>>

export const DEFAULT_SETTINGS: Settings = { pauseAfterSeconds: 60, hibernateAfterSeconds: 900, maxBodyBytes: 1024 * 1024 }

/** Plans set the limits of a slot before it is claimed; pools of warm slots are per plan. */
export const planSchema = z.enum(['small'])
export type Plan = z.infer<typeof planSchema>
