import * as decide from '../../events/deployment/decide.ts'
import { currentClaim } from '../../events/deployment/state.ts'
import type { DeploymentEvent } from '../../events/deployment/events.ts'
import type { Message } from '../../events/messages.ts'
import { releaseClaim } from '../../infra/claims/release.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { onEvent } from '../../infra/functions/on-event.ts'
import { platform } from '../../infra/platform/connect.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { remove } from './remove.ts'

type Heard = Extract<DeploymentEvent | Message, { type: 'StopRequested' | 'DeletionRequested' | 'PurgeDue' }>

/** Ends what its owner no longer wants: stops it, deletes it, and at last erases its record. */
export const retire = async (event: Heard, cause: Cause, on: Platform): Promise<void> => {
  const { deploymentId } = event.data
  const loaded = await on.deployments.load(deploymentId)
  if (event.type === 'PurgeDue') return purge(deploymentId, cause, on)
  if (loaded.instance) await releaseClaim(loaded.instance, event.type === 'StopRequested' ? 'stop' : 'delete', cause, on)
  return event.type === 'StopRequested' ? stopped(deploymentId, cause, on) : remove(deploymentId, cause, on)
}

const stopped = async (deploymentId: string, cause: Cause, on: Platform): Promise<void> => {
  const { loaded, appended } = await on.deployments.change(deploymentId, ({ deployment }) => decide.stopped(deployment, now(on)), cause.id, cause.metadata)
  const { name, stopReason } = loaded.deployment
  const reason = stopReason ?? 'Its owner has stopped it.'
  if (appended) await on.routes.put({ deploymentId, name, claimId: currentClaim(loaded.deployment), state: 'stopped', address: null, reason, sequence: appended.position })
}

/** The last credentials have lapsed: nobody can write any more, so the tombstone can go with everything else. */
const purge = async (deploymentId: string, cause: Cause, on: Platform): Promise<void> => {
  const { objects } = await on.storage.erase(deploymentId)
  await on.deployments.change(deploymentId, ({ deployment }) => decide.erased(deployment, objects, now(on)), cause.id, cause.metadata)
}

export default onEvent(['StopRequested', 'DeletionRequested', 'PurgeDue'], retire, platform)
