import { z } from 'zod'
import { instanceStatusSchema } from '../../events/instance/events.ts'
import { heartbeat } from '../../infra/agent/port.ts'
import { pageOf, time } from '../../infra/functions/page.ts'
import { NODE_STATES, type HeldSlot } from '../../projections/nodes/queries.ts'

/** What people get; tests hold every answer against it. */
const now = heartbeat.omit({ node: true }).nullable().meta({ description: 'What its agent says of itself now: free slots by plan, load and pressure (PSI, per cent); null when it is not heard.' })
const count = z.int().min(0)
const node = {
  node: z.string(), state: z.enum(NODE_STATES), since: time.nullable().meta({ description: 'Null for one that was just heard for the first time.' }), startedAt: time.nullable(),
  adopted: count.nullable().meta({ description: 'Claims whose slots an agent before it had left alive.' }), maxSlots: count.nullable(), lastSeenAt: time.nullable(),
  slotsLost: count, lostSlotReason: z.string().nullable(), lostSlotAt: time.nullable(), now,
}
export const nodesSchema = pageOf(z.strictObject({ ...node, slots: z.record(z.string(), count).meta({ description: 'Its claimed slots counted by state.' }) }).meta({ id: 'ListedNode' }))

const slotSchema = (z.strictObject({
  claimId: z.string(), deploymentId: z.string(), node: z.string(), slot: z.string(), address: z.string().nullable(), state: instanceStatusSchema, since: time,
}) satisfies z.ZodType<HeldSlot>).meta({ id: 'Slot', description: 'A slot that is claimed.' })
export const nodeSchema = z.strictObject({ ...node, slots: pageOf(slotSchema) }).meta({ id: 'Node' })
