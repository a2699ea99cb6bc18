import { z } from 'zod'
import { pageOf, revision, time } from '../../infra/functions/page.ts'
import type { SubscriptionSummary } from '../../projections/subscriptions/queries.ts'

/** What people get; tests hold every answer against it. */
const listed = {
  id: z.string(), owner: z.string(), url: z.string(), topics: z.array(z.string()), types: z.array(z.string()).nullable().meta({ description: 'Null: all.' }), description: z.string().nullable(),
  from: z.enum(['now', 'start']), status: z.enum(['active', 'paused', 'deleted']),
  pauseReason: z.enum(['requested', 'gone', 'failing']).nullable().meta({ description: '`gone`: the endpoint answered 410; `failing`: nothing went well for days.' }),
  secretVersion: z.int().min(1), createdAt: time, changedAt: time, revision,
}
export const listedSchema = (z.strictObject(listed) satisfies z.ZodType<SubscriptionSummary>).meta({ id: 'ListedSubscription', description: 'A subscription as the read model has it: a moment behind.' })
export const subscriptionsSchema = pageOf(listedSchema)

const shown = { ...listed, previousSecretUntil: time.nullable().meta({ description: 'Until when deliveries are signed with the secret before as well.' }) }
export const subscriptionSchema = z.strictObject(shown).meta({ id: 'Subscription', description: 'An HTTP endpoint of another service that gets events.' })

export const withSecretSchema = z.strictObject({ ...shown, secret: z.string().meta({ description: 'The signing secret of now, `whsec_` and base64 (Standard Webhooks): told where it is made, and nowhere else.' }) })
  .meta({ id: 'SubscriptionWithSecret' })

export const watchedSchema = z.strictObject({
  ...shown,
  deliveries: z.strictObject({
    lag: z.int().min(0).nullable().meta({ description: 'Events it has yet to get, those of other types among them; null before the dispatcher has begun with it.' }),
    parked: z.int().min(0).meta({ description: 'Events that were parked for it and not yet dealt with.' }),
    lastSuccessAt: time.nullable(), lastFailure: z.strictObject({ at: time, reason: z.string() }).nullable(), failingSince: time.nullable(),
  }),
}).meta({ id: 'WatchedSubscription', description: 'A subscription and how its deliveries go.' })

export const pingSchema = z.strictObject({
  delivered: z.boolean(), outcome: z.string(), status: z.int().nullable().meta({ description: 'What the endpoint answered; null when it did not.' }), ms: z.int().min(0).nullable(),
}).meta({ id: 'Ping' })
