import { z } from 'zod'
import type { DomainEvent } from '../envelope.ts'
import { claimReasonSchema, moveReasonSchema } from '../deployment/events.ts'
import { logTailSchema } from '../log-tail.ts'
import { planSchema, sleepSettingsSchema } from '../deployment/settings.ts'

/**
 * The life of one claim, stream `instance.<claim>`. Every event carries the instance's full state after it
 * (`data.instance`), so a wake reads only the newest message however often the instance has slept before.
 */
export const instanceStatusSchema = z.enum([
  'running', 'pausing', 'paused', 'waking', 'hibernating', 'hibernated', 'released', 'lost', 'failed',
])
export type InstanceStatus = z.infer<typeof instanceStatusSchema>

export const instanceStateSchema = z.strictObject({
  claimId: z.string().min(1).max(100),
  deploymentId: z.string().min(1).max(64),
  name: z.string().min(1).max(63),
  epoch: z.int().min(0),
  plan: planSchema,
  settings: sleepSettingsSchema,
  status: instanceStatusSchema,
  /** Since when it is in that status, RFC 3339. */
  since: z.iso.datetime(),
  /** The node whose agent holds the slot, and the slot; null when there is none (failed before it had one). */
  node: z.string().min(1).max(100).nullable(),
  slot: z.string().min(1).max(100).nullable(),
  /** Where the slot listens: `ip:port`. */
  address: z.string().min(1).max(100).nullable(),
  startedAt: z.iso.datetime().nullable(),
  /** Sleep-wake cycles of this claim. */
  wakes: z.int().min(0),
  /** Requests the edge counted for this claim, up to its newest sleep. */
  requests: z.int().min(0),
})
export type Instance = Readonly<z.infer<typeof instanceStateSchema>>

const base = {
  deploymentId: z.string().min(1).max(64),
  claimId: z.string().min(1).max(100),
  at: z.iso.datetime(),
  instance: instanceStateSchema,
}
const reason = z.string().min(1).max(500)
/** Milliseconds from the visitor's hit (or the request to start) until the slot answered. */
const wakeMs = z.number().min(0)
/** Milliseconds it was awake before this sleep, and the requests the edge counted in that time. */
const awake = { awakeMs: z.number().min(0), requests: z.int().min(0) }

const formerReleaseReason = z.enum(['stop', 'restart', 'delete', 'superseded'])

export const instanceSchemas = {
  InstanceStarted: z.strictObject({ ...base, reason: claimReasonSchema, wakeMs }),
  /** It never began, or it was lost again and again. */
  InstanceFailed: z.strictObject({ ...base, reason, logTail: logTailSchema }),
  PauseRequested: z.strictObject({ ...base, reason: z.enum(['idle', 'requested']) }),
  PauseAbandoned: z.strictObject({ ...base, reason }),
  InstancePaused: z.strictObject({ ...base, ...awake }),
  ResumeRequested: z.strictObject({ ...base }),
  InstanceResumed: z.strictObject({ ...base, reason: z.enum(['hit', 'requested']), wakeMs }),
  HibernateRequested: z.strictObject({ ...base, reason: z.enum(['idle', 'requested', ...moveReasonSchema.options]) }),
  HibernateAbandoned: z.strictObject({ ...base, reason }),
  InstanceHibernated: z.strictObject({ ...base, ...awake }),
  /** `cutOff`: what had not ended when its time was up, and so was cut off; null when nothing was. */
  InstanceReleased: z.strictObject({ ...base, ...awake, reason: z.enum([...formerReleaseReason.options, ...moveReasonSchema.options]), cutOff: reason.nullable() }),
  /** Something was refused for a limit of its settings, for the first time in this claim. `usage`: what the record held then, in bytes and logistics objects. */
  LimitReached: z.strictObject({
    ...base, limit: z.enum(['storedBytes', 'objects', 'bodyBytes', 'documentBytes', 'requestsPerMinute']), usage: z.strictObject({ objects: z.int().min(0), bytes: z.int().min(0) }),
  }),
  /** `cause`: its slot died, or the node it was on is gone; `before`: what it was when that happened. */
  InstanceLost: z.strictObject({ ...base, reason, cause: z.enum(['slot', 'node']), before: instanceStatusSchema, logTail: logTailSchema }),
} as const

type Schemas = typeof instanceSchemas
export type InstanceEvent = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]

/** What was published before, oldest first, and how each is lifted to the next. */
export const instanceHistory = {
  InstanceStarted: { versions: [z.strictObject({ ...base, reason: z.enum(['create', 'start', 'restart', 'wake', 'heal']), wakeMs })], upcasters: [<E>(older: E) => older] },
  HibernateRequested: { versions: [z.strictObject({ ...base, reason: z.enum(['idle', 'requested']) })], upcasters: [<E>(older: E) => older] },
  InstanceReleased: { versions: [z.strictObject({ ...base, ...awake, reason: formerReleaseReason })], upcasters: [<E extends object>(older: E) => ({ ...older, cutOff: null })] },
} as const
