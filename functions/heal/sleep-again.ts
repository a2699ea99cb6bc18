import * as decide from '../../events/instance/decide.ts'
import type { InstanceEvent } from '../../events/instance/events.ts'
import type { LoadedInstance } from '../../infra/aggregates/instances.ts'
import { EDGES_COMING_BACK } from '../../infra/edge/port.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { later, now, type Platform } from '../../infra/platform/port.ts'

/** Edges have come back after so long, milliseconds. */
const AGAIN_AFTER_MS = 10_000

/** A sleep that its owner asked for, and that was abandoned only because the broker had just come back, is asked for again. */
export const sleepAgain = async ({ instance, event, revision }: LoadedInstance, cause: Cause, on: Platform): Promise<void> => {
  if ((event.type !== 'PauseAbandoned' && event.type !== 'HibernateAbandoned') || event.data.reason !== EDGES_COMING_BACK) return
  const { deploymentId, claimId } = instance
  const [asked] = await on.store.read<InstanceEvent>(`instance.${claimId}`, { from: revision - 1, limit: 1 })
  if ((asked?.type !== 'PauseRequested' && asked?.type !== 'HibernateRequested') || asked.data.reason !== 'requested') return
  const due = later(event.data.at, AGAIN_AFTER_MS)
  if (Date.parse(now(on)) < Date.parse(due)) {
    await on.timers.schedule(`heal.${deploymentId}`, due, { type: 'HealDeploymentDue', data: { deploymentId, claimId } }, cause.metadata)
    return
  }
  const decideAgain = asked.type === 'PauseRequested' ? decide.requestPause : decide.requestHibernation
  // whatever happened since, somebody came or its owner changed their mind
  await on.instances.change(claimId, (today) => (today.status === 'running' && today.since === instance.since ? decideAgain({ reason: 'requested', at: now(on) }, today) : []), cause.id, cause.metadata)
}
