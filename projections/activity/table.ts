import type { ColumnType, Generated } from 'kysely'
import { table } from '../../infra/projector/projection.ts'

type Time = ColumnType<Date | null, string | undefined, string | null>
/** Zero by default. */
type Count = ColumnType<string, number | undefined, number>

/** How a deployment was used. Wake times are in milliseconds, from the visitor's hit to the slot's answer. */
export type ActivityRow = {
  readonly deployment_id: string
  /** Requests the edge counted, up to the newest sleep. */
  readonly requests: Count
  /** Wakes from pause and from hibernation. */
  readonly wakes: Count
  /** Pauses and hibernations of something awake. */
  readonly sleeps: Count
  /** Milliseconds awake, up to the newest sleep; and since when it is awake, under which claim. */
  readonly awake_ms: Generated<number>
  readonly awake_since: Time
  readonly awake_claim: string | null
  readonly wake_sum_ms: Generated<number>
  readonly wake_min_ms: number | null
  readonly wake_max_ms: number | null
  /** The newest wake times, oldest first, at most `KEPT_WAKES`. */
  readonly wake_samples: Generated<readonly number[]>
  readonly last_wake_at: Time
  readonly position: ColumnType<string, string, string>
}
export type ActivityTables = { readonly activity: ActivityRow }

/** Wake times that are kept of each deployment: quantiles are of these. */
export const KEPT_WAKES = 100

export const activityTables = {
  activity: table<ActivityRow>(
    `deployment_id text primary key,
     requests bigint not null default 0,
     wakes bigint not null default 0,
     sleeps bigint not null default 0,
     awake_ms double precision not null default 0,
     awake_since timestamptz(3),
     awake_claim text,
     wake_sum_ms double precision not null default 0,
     wake_min_ms double precision,
     wake_max_ms double precision,
     wake_samples double precision[] not null default '{}',
     last_wake_at timestamptz(3),
     position bigint not null`,
  ),
}
