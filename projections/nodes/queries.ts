import type { Selectable } from 'kysely'
import { z } from 'zod'
import type { InstanceStatus } from '../../events/instance/events.ts'
import { holdsRefusedText } from '../../events/text.ts'
import { keyOf, limitOf, pageOf, type Page, type PageRequest } from '../page.ts'
import { reading, type ReadModels } from '../read-model.ts'
import type { NodeRow, NodeState, NodeTables, SlotRow } from './table.ts'

export const NODE_STATES = ['live', 'stopped', 'lost'] as const satisfies readonly NodeState[]

/** Times are RFC 3339 with milliseconds. */
export type NodeSummary = {
  readonly node: string
  readonly state: NodeState
  readonly since: string
  readonly startedAt: string | null
  readonly adopted: number | null
  readonly maxSlots: number | null
  readonly lastSeenAt: string | null
  readonly slotsLost: number
  readonly lostSlotReason: string | null
  readonly lostSlotAt: string | null
}
export type HeldSlot = {
  readonly claimId: string
  readonly deploymentId: string
  readonly node: string
  readonly slot: string
  readonly address: string | null
  readonly state: InstanceStatus
  readonly since: string
}
export type SlotFilter = { readonly node?: string | undefined; readonly state?: InstanceStatus | undefined }

const nameKey = z.tuple([z.string().min(1).max(100)])

/** By name. @throws INVALID_FIELD (cursor, limit), READ_MODEL_UNAVAILABLE */
export const listNodes = (db: ReadModels, { state }: { readonly state?: NodeState | undefined } = {}, page: PageRequest = {}): Promise<Page<NodeSummary>> =>
  reading(async () => {
    const limit = limitOf(page)
    const after = keyOf(page, nameKey)
    const rows = await db.withTables<NodeTables>().selectFrom('nodes').selectAll()
      .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'live'))
      .$if(after !== null, (query) => query.where('node', '>', after?.[0] ?? ''))
      .orderBy('node').limit(limit + 1).execute()
    return pageOf(rows, limit, showNode, ({ node }) => [node])
  })

/** Null when the read model does not know it (yet), and for what no node can be called. @throws READ_MODEL_UNAVAILABLE */
export const getNode = (db: ReadModels, node: string): Promise<NodeSummary | null> =>
  reading(async () => {
    if (holdsRefusedText(node)) return null
    const row = await db.withTables<NodeTables>().selectFrom('nodes').selectAll().where('node', '=', node).executeTakeFirst()
    return row ? showNode(row) : null
  })

/** Slots that are claimed now, by claim. @throws INVALID_FIELD (cursor, limit), READ_MODEL_UNAVAILABLE */
export const listSlots = (db: ReadModels, { node, state }: SlotFilter = {}, page: PageRequest = {}): Promise<Page<HeldSlot>> =>
  reading(async () => {
    const limit = limitOf(page)
    const after = keyOf(page, nameKey)
    const rows = await db.withTables<NodeTables>().selectFrom('slots').selectAll()
      .$if(node !== undefined, (query) => query.where('node', '=', node ?? ''))
      .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'running'))
      .$if(after !== null, (query) => query.where('claim_id', '>', after?.[0] ?? ''))
      .orderBy('claim_id').limit(limit + 1).execute()
    return pageOf(rows, limit, showSlot, ({ claimId }) => [claimId])
  })

/** Claimed slots by state of each node named. @throws READ_MODEL_UNAVAILABLE */
export const countSlots = (db: ReadModels, nodes: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> =>
  reading(async () => {
    const counts = new Map<string, Record<string, number>>(nodes.map((node) => [node, {}]))
    if (nodes.length === 0) return counts
    const rows = await db.withTables<NodeTables>().selectFrom('slots').select(['node', 'state', ({ fn }) => fn.countAll<string>().as('count')])
      .where('node', 'in', nodes).groupBy(['node', 'state']).execute()
    for (const { node, state, count } of rows) counts.set(node, { ...counts.get(node), [state]: Number(count) })
    return counts
  })

const showNode = (row: Selectable<NodeRow>): NodeSummary => ({
  node: row.node, state: row.state, since: row.since.toISOString(), startedAt: row.started_at?.toISOString() ?? null, adopted: row.adopted, maxSlots: row.max_slots,
  lastSeenAt: row.last_seen_at?.toISOString() ?? null, slotsLost: Number(row.slots_lost), lostSlotReason: row.lost_slot_reason, lostSlotAt: row.lost_slot_at?.toISOString() ?? null,
})

const showSlot = (row: Selectable<SlotRow>): HeldSlot => ({
  claimId: row.claim_id, deploymentId: row.deployment_id, node: row.node, slot: row.slot, address: row.address, state: row.state, since: row.since.toISOString(),
})
