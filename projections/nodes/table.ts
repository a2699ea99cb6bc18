import type { ColumnType } from 'kysely'
import type { InstanceStatus } from '../../events/instance/events.ts'
import { table } from '../../infra/projector/projection.ts'

type Time = ColumnType<Date, string, string>
type MaybeTime = ColumnType<Date | null, string | null | undefined, string | null>
type Position = ColumnType<string, string, string>

export type NodeState = 'live' | 'stopped' | 'lost'

/** A node as its agent's events tell it. `live` means that nothing else was told since its agent started. */
export type NodeRow = {
  readonly node: string
  readonly state: NodeState
  readonly since: Time
  /** Of the newest start: when, claims whose slots it found alive, and slots it keeps at most; null when none was told. */
  readonly started_at: MaybeTime
  readonly adopted: number | null
  readonly max_slots: number | null
  /** Its newest sign of life, when it was found lost. */
  readonly last_seen_at: MaybeTime
  /** Slots that died by themselves, claimed or not, and the newest of them. */
  readonly slots_lost: ColumnType<string, number | undefined, number>
  readonly lost_slot_reason: ColumnType<string | null, string | null | undefined, string | null>
  readonly lost_slot_at: MaybeTime
  readonly position: Position
}
/** A slot that a claim holds; gone with the claim. */
export type SlotRow = {
  readonly claim_id: string
  readonly deployment_id: string
  readonly node: string
  readonly slot: string
  readonly address: string | null
  readonly state: InstanceStatus
  readonly since: Time
  readonly position: Position
}
export type NodeTables = { readonly nodes: NodeRow; readonly slots: SlotRow }

export const nodeTables = {
  nodes: table<NodeRow>(
    `node text primary key,
     state text not null,
     since timestamptz(3) not null,
     started_at timestamptz(3),
     adopted integer,
     max_slots integer,
     last_seen_at timestamptz(3),
     slots_lost bigint not null default 0,
     lost_slot_reason text,
     lost_slot_at timestamptz(3),
     position bigint not null`,
    ['(state, node)'],
  ),
  slots: table<SlotRow>(
    `claim_id text primary key,
     deployment_id text not null,
     node text not null,
     slot text not null,
     address text,
     state text not null,
     since timestamptz(3) not null,
     position bigint not null`,
    // lists are of a node, of a state, or of both
    ['(node, claim_id)', '(state, claim_id)', '(node, state, claim_id)'],
  ),
}
