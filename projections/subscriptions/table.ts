import type { ColumnType, JSONColumnType } from 'kysely'
import type { Subscription } from '../../events/subscription/state.ts'
import { table } from '../../infra/projector/projection.ts'

type Time = ColumnType<Date, string, string>

/** One subscription as lists show it. Its columns agree with `evolve`; deleted ones are kept. */
export type SubscriptionRow = {
  readonly id: string
  readonly owner: string
  readonly url: string
  readonly topics: JSONColumnType<readonly string[]>
  readonly types: JSONColumnType<readonly string[] | null, string | null, string | null>
  readonly description: string | null
  /** `from` is a word of SQL. */
  readonly begins: Subscription['from']
  readonly status: Subscription['status']
  readonly pause_reason: Subscription['pauseReason']
  readonly secret_version: number
  readonly created_at: Time
  readonly changed_at: Time
  /** Revision of its own stream: the ETag. */
  readonly revision: number
  readonly position: ColumnType<string, string, string>
}
export type SubscriptionTables = { readonly subscriptions: SubscriptionRow }

export const subscriptionTables = {
  subscriptions: table<SubscriptionRow>(
    `id text primary key,
     owner text not null,
     url text not null,
     topics jsonb not null,
     types jsonb,
     description text,
     begins text not null,
     status text not null,
     pause_reason text,
     secret_version integer not null,
     created_at timestamptz(3) not null,
     changed_at timestamptz(3) not null,
     revision integer not null,
     position bigint not null`,
    [`(created_at desc, id desc) where status <> 'deleted'`, `(status, created_at desc, id desc)`],
  ),
}
