import * as decide from '../../events/deployment/decide.ts'
import type { DeploymentEvent } from '../../events/deployment/events.ts'
import type { Message } from '../../events/messages.ts'
import type { LoadedDeployment } from '../../infra/aggregates/deployments.ts'
import { newestBegun } from '../../infra/claims/begun.ts'
import { releaseClaim } from '../../infra/claims/release.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { onEvent } from '../../infra/functions/on-event.ts'
import { platform } from '../../infra/platform/connect.ts'
import { later, now, type Platform } from '../../infra/platform/port.ts'
import { routeOf } from '../../infra/routes/route-of.ts'
import { CREDENTIALS_LAPSE_MS, remove } from './remove.ts'

type Heard = Extract<DeploymentEvent | Message, { type: 'StopRequested' | 'DeletionRequested' | 'RetireDue' | 'PurgeDue' }>

/** Ends what its owner no longer wants: stops it, deletes it, and at last erases its record. */
export const retire = async (event: Heard, cause: Cause, on: Platform): Promise<void> => {
  const { deploymentId } = event.data
  const loaded = await on.deployments.load(deploymentId)
  if (event.type === 'PurgeDue') return loaded.status === 'deleted' ? purge(loaded, cause, on) : undefined
  if (loaded.deployment.wanted === 'running') return // stopped once and started again since
  const held = await newestBegun(loaded, on.instances)
  const stops = event.type === 'RetireDue' ? loaded.deployment.wanted === 'stopped' : event.type === 'StopRequested'
  if (held) await releaseClaim(held, stops ? 'stop' : 'delete', cause, on)
  return stops ? stopped(deploymentId, cause, on) : remove(deploymentId, cause, on)
}

const stopped = async (deploymentId: string, cause: Cause, on: Platform): Promise<void> => {
  await on.deployments.change(deploymentId, ({ deployment }) => decide.stopped(deployment, now(on)), cause.id, cause.metadata)
  const { deployment, events } = await on.deployments.load(deploymentId)
  if (deployment.status === 'stopped') await on.routes.put(routeOf(deployment, null, events.at(-1)?.position ?? '0'))
}

/**
 * When the last credentials have lapsed nobody can write any more, and the tombstone can go with everything else. A timer that comes
 * before that is not believed: somebody's clock is wrong, and it is set anew, a whole time away lest two clocks play ball with it.
 */
const purge = async ({ deployment: { deploymentId }, events }: LoadedDeployment, cause: Cause, on: Platform): Promise<void> => {
  const deleted = events.find(({ type }) => type === 'DeploymentDeleted')
  if (!deleted || events.some(({ type }) => type === 'RecordErased')) return
  if (Date.parse(now(on)) < Date.parse(deleted.data.at) + CREDENTIALS_LAPSE_MS) {
    on.log.warn({ deploymentId, deletedAt: deleted.data.at }, 'a record was to be erased before the last credentials have lapsed: a clock is wrong; it waits')
    return on.timers.schedule(`purge.${deploymentId}`, later(now(on), CREDENTIALS_LAPSE_MS), { type: 'PurgeDue', data: { deploymentId } }, cause.metadata)
  }
  const { objects } = await on.storage.erase(deploymentId)
  await on.deployments.change(deploymentId, ({ deployment }) => decide.erased(deployment, objects, now(on)), cause.id, cause.metadata)
}

export default onEvent(['StopRequested', 'DeletionRequested', 'RetireDue', 'PurgeDue'], retire, platform)
