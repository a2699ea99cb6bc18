import { z } from 'zod'
import { CATALOGUE_OF_EVENTS } from '../../events/catalogue.ts'
import { planSchema, settingsSchema } from '../../events/deployment/settings.ts'
import { STATUSES } from '../../events/states.ts'
import { pageOf, revision, time } from '../../infra/functions/page.ts'
import type { Activity } from '../../projections/activity/queries.ts'
import type { DeploymentSummary } from '../../projections/deployments/queries.ts'

/** What people get; tests hold every answer against it. */
const wanted = z.enum(['running', 'stopped', 'deleted']).meta({ description: 'What its owner decided.' })
const status = z.enum(STATUSES).meta({ description: 'What it is now: its owner\'s will and the life of its claim taken together.' })
const url = z.url().meta({ description: 'Where its ONE Record server answers, awake or not.' })
const reason = z.string().nullable().meta({ description: 'Why it was stopped, in its owner\'s words.' })
const shared = { id: z.string(), name: z.string(), url, owner: z.string(), status, wanted, plan: planSchema, settings: settingsSchema, reason, changedAt: time, revision }

export const deploymentSchema = z.strictObject({
  ...shared,
  clientId: z.string().meta({ description: 'The holder\'s own client. Its secret is shown when it is made, and never again.' }),
  tokenUrl: z.url().meta({ description: 'Where the client fetches tokens (OAuth 2.0 client credentials). With the setting `open` nobody needs one.' }),
  claim: z.strictObject({ id: z.string(), node: z.string().nullable(), since: time, wakes: z.int().min(0) }).nullable().meta({ description: 'Its hold on a slot, null before the first.' }),
  requestedAt: time,
}).meta({ id: 'Deployment', description: 'A ONE Record server of its own, as its stream tells it: whoever wrote reads what was written.' })

export const withSecretSchema = deploymentSchema.extend({
  clientSecret: z.string().meta({ description: 'Shown in this answer and nowhere else: keep it. A lost one is rotated.' }),
}).meta({ id: 'DeploymentWithSecret', description: 'A deployment and the secret of its holder\'s client.' })

export const listedSchema = (z.strictObject({
  ...shared, claimId: z.string().nullable(), node: z.string().nullable(), wakes: z.int().min(0), requests: z.int().min(0), createdAt: time,
}) satisfies z.ZodType<DeploymentSummary>).meta({ id: 'ListedDeployment', description: 'A deployment as the read model has it: a moment behind.' })

const eventTypes = Object.entries(CATALOGUE_OF_EVENTS).flatMap(([type, { category }]) => (category === 'message' ? [] : [type]))

export const historySchema = pageOf(z.strictObject({
  position: z.string().meta({ description: 'Orders the events of all deployments.' }),
  id: z.string(), type: z.enum(eventTypes), at: time, actor: z.string(), claimId: z.string().nullable(), stream: z.string(), revision,
  data: z.record(z.string(), z.unknown()).meta({ description: 'What is told of it: the fields of the event that are not in the other columns.' }),
  correlationId: z.string(), causationId: z.string().nullable(),
}).meta({ id: 'HistoryEntry', description: 'One event of a deployment or of one of its claims.' }))

const milliseconds = z.number().min(0)
export const activitySchema = (z.strictObject({
  requests: z.int().min(0), wakes: z.int().min(0), sleeps: z.int().min(0),
  awakeSeconds: z.number().min(0).meta({ description: 'Up to the newest sleep; `awakeSince` adds the time since then.' }), awakeSince: time.nullable(), lastWakeAt: time.nullable(),
  wakeTimes: z.strictObject({
    count: z.int().min(0), sumMs: milliseconds, minMs: milliseconds.nullable(), maxMs: milliseconds.nullable(), p50Ms: milliseconds.nullable(), p95Ms: milliseconds.nullable(),
    newest: z.array(milliseconds).meta({ description: 'Oldest first.' }),
  }).meta({ description: 'Milliseconds from the hit to the answer. `count` to `maxMs` are of all wakes, the others of the last ones.' }),
}) satisfies z.ZodType<Activity>).meta({ id: 'Activity', description: 'How a deployment was used.' })
