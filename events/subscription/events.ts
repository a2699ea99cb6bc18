import { z } from 'zod'
import type { DomainEvent } from '../envelope.ts'

/**
 * An HTTP endpoint of another service that gets events as a function does. Stream `subscription.<id>`. The signing secret is
 * derived from the platform's key, the id and `secretVersion`: it is in no event.
 */
const base = { subscriptionId: z.string().min(1).max(64), at: z.iso.datetime() }

/** What its owner chose, whole. `topics`: NATS subjects in the stream of events, `*` and `>` allowed; `types` null: all. */
const terms = {
  url: z.string().min(1).max(2_000),
  topics: z.array(z.string().min(1).max(200)).min(1).max(20),
  types: z.array(z.string().min(1).max(100)).min(1).max(100).nullable(),
  description: z.string().max(500).nullable(),
}
export const termsSchema = z.strictObject(terms)
export type Terms = Readonly<z.infer<typeof termsSchema>>

export const subscriptionSchemas = {
  /** `from`: what comes after this very event, or all history first. */
  SubscriptionCreated: z.strictObject({ ...base, owner: z.string().min(1).max(200), ...terms, from: z.enum(['now', 'start']), secretVersion: z.int().min(1) }),
  /** The terms as they are from now on; a higher `secretVersion` is a rotation of the secret. */
  SubscriptionChanged: z.strictObject({ ...base, ...terms, secretVersion: z.int().min(1) }),
  /** By its owner; or by the platform, because the endpoint said that it is gone (410), or failed for days on end. Its position is kept. */
  SubscriptionPaused: z.strictObject({ ...base, reason: z.enum(['requested', 'gone', 'failing']) }),
  SubscriptionResumed: z.strictObject({ ...base }),
  SubscriptionDeleted: z.strictObject({ ...base }),
} as const

type Schemas = typeof subscriptionSchemas
export type SubscriptionEvent = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]
