import { sql, type Insertable, type QueryCreator } from 'kysely'
import type { InstanceEvent } from '../../events/instance/events.ts'
import type { NodeEvent } from '../../events/node/events.ts'
import { projection, type EventOf } from '../../infra/projector/projection.ts'
import { nodeTables, type NodeRow, type NodeState, type NodeTables } from './table.ts'

type Db = QueryCreator<NodeTables>

type Told = Partial<Pick<Insertable<NodeRow>, 'started_at' | 'adopted' | 'max_slots' | 'last_seen_at'>>

/** The newest event tells all, whether a start was told before or not. */
const became = (state: NodeState, { data: { node, at }, position }: EventOf<NodeEvent['type']>, db: Db, also: Told = {}) => {
  const now = { state, since: at, position, ...also }
  return db.insertInto('nodes').values({ node, started_at: null, adopted: null, max_slots: null, ...now }).onConflict((again) => again.column('node').doUpdateSet(now))
}

/** Every event of a claim carries the whole state: it holds this slot, or none any more. */
const held = ({ data: { claimId, instance }, position }: EventOf<InstanceEvent['type']>, db: Db) => {
  const { deploymentId, node, slot, address, status, since } = instance
  if (node === null || slot === null) return db.deleteFrom('slots').where('claim_id', '=', claimId)
  const now = { deployment_id: deploymentId, node, slot, address, state: status, since, position }
  return db.insertInto('slots').values({ claim_id: claimId, ...now }).onConflict((again) => again.column('claim_id').doUpdateSet(now))
}

const slotLost = (reason: string, at: string, position: string) =>
  ({ slots_lost: sql<number>`slots_lost + 1`, lost_slot_reason: reason, lost_slot_at: at, position })

export const nodes = projection<NodeTables>('nodes', 1, {
  AgentStarted: (event, db) => became('live', event, db, { started_at: event.data.at, adopted: event.data.adopted, max_slots: event.data.maxSlots, last_seen_at: null }),
  AgentStopped: (event, db) => became('stopped', event, db),
  AgentLost: (event, db) => became('lost', event, db, { last_seen_at: event.data.lastSeenAt }),
  // whoever tells of a slot has started
  SlotLost: ({ data: { node, at, reason }, position }, db) =>
    db.insertInto('nodes').values({ node, state: 'live', since: at, started_at: null, adopted: null, max_slots: null, slots_lost: 1, lost_slot_reason: reason, lost_slot_at: at, position })
      .onConflict((again) => again.column('node').doUpdateSet({
        state: 'live', since: sql`case when nodes.state = 'live' then nodes.since else ${at} end`,
        ...slotLost(reason, at, position), slots_lost: sql`nodes.slots_lost + 1`,
      })),

  InstanceStarted: held,
  InstanceFailed: held,
  PauseRequested: held,
  PauseAbandoned: held,
  InstancePaused: held,
  ResumeRequested: held,
  InstanceResumed: held,
  HibernateRequested: held,
  HibernateAbandoned: held,
  InstanceHibernated: held,
  InstanceReleased: held,
  // the event does not say any more on which node it was; the row still does
  InstanceLost: (event, db) => {
    const { data: { claimId, cause, reason, at }, position } = event
    const died = db.updateTable('nodes').set(slotLost(reason, at, position))
      .where('node', '=', (slots) => slots.selectFrom('slots').select('slots.node').where('claim_id', '=', claimId))
    return cause === 'slot' ? [died, held(event, db)] : held(event, db)
  },
}, nodeTables)
