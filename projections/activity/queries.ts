import type { Selectable } from 'kysely'
import { reading, type ReadModels } from '../read-model.ts'
import { quantile } from './quantile.ts'
import type { ActivityRow, ActivityTables } from './table.ts'

/** How a deployment was used; times RFC 3339, durations as named. */
export type Activity = {
  readonly requests: number
  readonly wakes: number
  readonly sleeps: number
  /** Up to the newest sleep; `awakeSince` adds the time since then, null while it sleeps. */
  readonly awakeSeconds: number
  readonly awakeSince: string | null
  readonly lastWakeAt: string | null
  readonly wakeTimes: WakeTimes
}

/** Milliseconds. `count` to `max` are of all wakes; `p50`, `p95` and `newest` (oldest first) of the last `KEPT_WAKES`. All but count and sum are null without a wake. */
export type WakeTimes = {
  readonly count: number
  readonly sumMs: number
  readonly minMs: number | null
  readonly maxMs: number | null
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly newest: readonly number[]
}

const NONE: Selectable<Omit<ActivityRow, 'deployment_id' | 'position'>> = {
  requests: '0', wakes: '0', sleeps: '0', awake_ms: 0, awake_since: null, awake_claim: null,
  wake_sum_ms: 0, wake_min_ms: null, wake_max_ms: null, wake_samples: [], last_wake_at: null,
}

/** All zero for a deployment that never ran, or is not known (yet). @throws READ_MODEL_UNAVAILABLE */
export const activityOf = (db: ReadModels, deploymentId: string): Promise<Activity> =>
  reading(async () => {
    const row = await db.withTables<ActivityTables>().selectFrom('activity').selectAll().where('deployment_id', '=', deploymentId).executeTakeFirst()
    return show(row ?? NONE)
  })

const show = (row: typeof NONE): Activity => ({
  requests: Number(row.requests), wakes: Number(row.wakes), sleeps: Number(row.sleeps), awakeSeconds: row.awake_ms / 1_000,
  awakeSince: row.awake_since?.toISOString() ?? null, lastWakeAt: row.last_wake_at?.toISOString() ?? null,
  wakeTimes: {
    count: Number(row.wakes), sumMs: row.wake_sum_ms, minMs: row.wake_min_ms, maxMs: row.wake_max_ms,
    p50Ms: quantile(row.wake_samples, 0.5), p95Ms: quantile(row.wake_samples, 0.95), newest: row.wake_samples,
  },
})
