import { z } from 'zod'
import type { DomainEvent } from '../envelope.ts'
import { planSchema, settingsSchema, sinceAccessControl, sleepSettingsSchema, type SleepSettings } from './settings.ts'

/**
 * What the owner of a deployment decided, and the facts that close such a decision. Stream `deployment.<id>`; short for
 * ever: sleeping and waking live in the instance streams. The revision of `ClaimRequested` is the claim's epoch.
 * Published schemas are never edited: add a version and an upcaster (catalogue.ts).
 */
const base = { deploymentId: z.string().min(1).max(64), name: z.string().min(1).max(63), at: z.iso.datetime() }

const formerClaimReason = z.enum(['create', 'start', 'restart', 'wake', 'heal'])
/** Reasons for which a slot that serves is followed by another one, elsewhere or newer: its node is drained, its image replaced. */
export const moveReasonSchema = z.enum(['drain', 'upgrade'])
export type MoveReason = z.infer<typeof moveReasonSchema>
export const claimReasonSchema = z.enum([...formerClaimReason.options, ...moveReasonSchema.options])
export type ClaimReason = z.infer<typeof claimReasonSchema>

export const deploymentSchemas = {
  DeploymentRequested: z.strictObject({ ...base, owner: z.string().min(1).max(200), plan: planSchema, settings: settingsSchema }),
  /** Asks for a slot; `since` is when somebody began to wait (the hit of a wake), RFC 3339. */
  ClaimRequested: z.strictObject({ ...base, reason: claimReasonSchema, since: z.iso.datetime() }),
  SettingsChanged: z.strictObject({ ...base, settings: settingsSchema }),
  /** The secret of its client and the key of its tokens are others from now on: derived anew for `generation`, which begins with 1. */
  CredentialsRotated: z.strictObject({ ...base, generation: z.int().min(2) }),
  StartRequested: z.strictObject({ ...base }),
  RestartRequested: z.strictObject({ ...base }),
  StopRequested: z.strictObject({ ...base, reason: z.string().max(500).optional() }),
  DeploymentStopped: z.strictObject({ ...base }),
  DeletionRequested: z.strictObject({ ...base }),
  DeploymentDeleted: z.strictObject({ ...base }),
  /** All versions of all its objects are gone: after the last credentials lapsed. */
  RecordErased: z.strictObject({ ...base, objects: z.int().min(0) }),
} as const

type Schemas = typeof deploymentSchemas
export type DeploymentEvent = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]

/** What was published before, oldest first, and how each is lifted to the next. */
export const deploymentHistory = {
  ClaimRequested: { versions: [z.strictObject({ ...base, reason: formerClaimReason, since: z.iso.datetime() })], upcasters: [<E>(older: E) => older] },
  DeploymentRequested: { versions: [z.strictObject({ ...base, owner: z.string().min(1).max(200), plan: planSchema, settings: sleepSettingsSchema })], upcasters: [withSettings] },
  SettingsChanged: { versions: [z.strictObject({ ...base, settings: sleepSettingsSchema })], upcasters: [withSettings] },
} as const

function withSettings<E extends { readonly settings: SleepSettings }>(older: E) {
  return { ...older, settings: sinceAccessControl(older.settings) }
}
