import { z } from 'zod'
import { drainCauseSchema } from '../../events/drain/events.ts'
import { instanceStatusSchema } from '../../events/instance/events.ts'
import { heartbeat } from '../../infra/agent/port.ts'
import { pageOf, time } from '../../infra/functions/page.ts'
import { NODE_STATES, type HeldSlot } from '../../projections/nodes/queries.ts'

/** What people get; tests hold every answer against it. */
const now = heartbeat.omit({ node: true }).nullable().meta({ description: 'What its agent says of itself now: free slots by plan, load and pressure (PSI, per cent); null when it is not heard.' })
const count = z.int().min(0)
const drain = z.strictObject({
  state: z.enum(['draining', 'drained']), cause: drainCauseSchema.meta({ description: 'Who asked: its operator, or its agent when the machine shut down; that is over when an agent starts there.' }),
  requestedAt: time, since: time, left: count.meta({ description: 'Claims that it still holds.' }),
}).nullable().meta({ description: 'Null while it is in use. `draining`: it takes no claims, and what it holds goes elsewhere; `drained`: it holds nothing any more.' })
const node = {
  node: z.string(), state: z.enum(NODE_STATES), since: time.nullable().meta({ description: 'Null for one that was just heard for the first time.' }), startedAt: time.nullable(),
  adopted: count.nullable().meta({ description: 'Claims whose slots an agent before it had left alive.' }), maxSlots: count.nullable(), lastSeenAt: time.nullable(),
  slotsLost: count, lostSlotReason: z.string().nullable(), lostSlotAt: time.nullable(), drain, now,
}
export const nodesSchema = pageOf(z.strictObject({ ...node, slots: z.record(z.string(), count).meta({ description: 'Its claimed slots counted by state.' }) }).meta({ id: 'ListedNode' }))

const slotSchema = (z.strictObject({
  claimId: z.string(), deploymentId: z.string(), node: z.string(), slot: z.string(), address: z.string().nullable(), state: instanceStatusSchema, since: time,
}) satisfies z.ZodType<HeldSlot>).meta({ id: 'Slot', description: 'A slot that is claimed.' })
export const nodeSchema = z.strictObject({ ...node, slots: pageOf(slotSchema) }).meta({ id: 'Node' })
export const usedSchema = z.strictObject({ node: z.string(), drain }).meta({ id: 'NodeUse', description: 'Whether a node is in use.' })
