import { sql, type QueryCreator } from 'kysely'
import { projection, type EventOf } from '../../infra/projector/projection.ts'
import { KEPT_WAKES, activityTables, type ActivityTables } from './table.ts'

type Db = QueryCreator<ActivityTables>
type Waking = EventOf<'InstanceStarted' | 'InstanceResumed'>
type Sleeping = EventOf<'InstancePaused' | 'InstanceHibernated' | 'InstanceReleased'>

/** A slot began to answer: the awake time of its claim begins. */
const awake = ({ data, position }: Waking, db: Db) =>
  db.insertInto('activity').values({ deployment_id: data.deploymentId, awake_since: data.at, awake_claim: data.claimId, position })
    .onConflict((again) => again.column('deployment_id').doUpdateSet({ awake_since: data.at, awake_claim: data.claimId, position }))

/** A sleeping one was woken for somebody: besides, the time that took is kept. */
const woken = (event: Waking, db: Db) => {
  const { deploymentId, at, wakeMs } = event.data
  const kept = db.updateTable('activity').where('deployment_id', '=', deploymentId).set({
    wakes: sql`wakes + 1`,
    wake_sum_ms: sql`wake_sum_ms + ${wakeMs}`,
    wake_min_ms: sql`least(wake_min_ms, ${wakeMs})`,
    wake_max_ms: sql`greatest(wake_max_ms, ${wakeMs})`,
    wake_samples: sql`(array_append(wake_samples, ${wakeMs}))[greatest(1, cardinality(wake_samples) + 2 - ${sql.lit(KEPT_WAKES)}):]`,
    last_wake_at: at,
  })
  return [awake(event, db), kept]
}

/** It was put to sleep or given back; events of an older claim do not end the awake time of the current one. */
const asleep = ({ type, data, position }: Sleeping, db: Db) =>
  db.updateTable('activity').where('deployment_id', '=', data.deploymentId).set({
    requests: sql`requests + ${data.requests}`,
    // a hibernation of something paused is the same sleep going deeper
    sleeps: type === 'InstanceReleased' ? sql`sleeps` : sql`sleeps + case when awake_claim = ${data.claimId} then 1 else 0 end`,
    awake_ms: sql`awake_ms + ${data.awakeMs}`,
    ...endOf(data.claimId),
    position,
  })

const endOf = (claimId: string) => ({
  awake_since: sql<string | null>`case when awake_claim = ${claimId} then null else awake_since end`,
  awake_claim: sql<string | null>`case when awake_claim = ${claimId} then null else awake_claim end`,
})

export const activity = projection<ActivityTables>('activity', 1, {
  InstanceStarted: (event, db) => (event.data.reason === 'wake' ? woken(event, db) : awake(event, db)),
  InstanceResumed: woken,
  InstancePaused: asleep,
  InstanceHibernated: asleep,
  InstanceReleased: asleep,
  // nobody counted: it was awake until it was found lost
  InstanceLost: ({ data: { deploymentId, claimId, at }, position }, db) =>
    db.updateTable('activity').where('deployment_id', '=', deploymentId).set({
      awake_ms: sql`awake_ms + case when awake_claim = ${claimId} then greatest(0, extract(epoch from ${at}::timestamptz - awake_since) * 1000) else 0 end`,
      ...endOf(claimId),
      position,
    }),
}, activityTables)
