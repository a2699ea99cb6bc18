import { currentClaim } from '../../events/deployment/state.ts'
import * as deployment from '../../events/deployment/decide.ts'
import * as instance from '../../events/instance/decide.ts'
import { isFailure } from '../../events/errors.ts'
import type { LoadedInstance } from '../aggregates/instances.ts'
import type { Cause } from '../functions/cause.ts'
import { now, type Platform } from '../platform/port.ts'
import { routeOfInstance } from './route.ts'

export type Wanted = {
  readonly deploymentId: string
  /** The claim the waiter knew of; null when it knew none. */
  readonly claimId: string | null
  /** When the waiting began, RFC 3339. */
  readonly since: string
  readonly reason: 'hit' | 'requested'
}

/**
 * Level-triggered wake: running is wanted, so whatever the instance is, the next step towards running is taken, and it ends
 * with the route being written, also when the instance already runs. From pause: one read, one thaw, one append, one route.
 * From hibernation: a new claim is asked for, which provision turns into an instance.
 */
export const wake = async (wanted: Wanted, cause: Cause, on: Platform): Promise<void> => {
  const loaded = wanted.claimId === null ? null : await on.instances.current(wanted.claimId)
  if (!loaded) return wakeCurrent(wanted, cause, on)
  switch (loaded.instance.status) {
    case 'paused':
    case 'waking':
      return thaw(loaded, wanted, cause, on)
    case 'running':
      return void (await on.routes.put(routeOfInstance(loaded)))
    case 'pausing':
    case 'hibernating':
      return // whoever ends that looks for hits again
    case 'hibernated':
    case 'lost':
    case 'released':
      return claimAnew(wanted, cause, on)
    case 'failed':
      return // its owner has to start it again; the route says why
    default:
      loaded.instance.status satisfies never
  }
}

const thaw = async (loaded: LoadedInstance, { since, reason, deploymentId }: Wanted, cause: Cause, on: Platform): Promise<void> => {
  const { claimId, node } = loaded.instance
  try {
    if (node !== null) await on.agents.thaw(node, claimId)
  } catch (error) {
    if (!isFailure(error, 'CLAIM_UNKNOWN')) throw error
    await on.instances.changeLoaded(loaded, (current) => instance.lost('its slot is gone', { at: now(on) }, current), cause.id, cause.metadata)
    return claimAnew({ deploymentId, claimId, since, reason }, cause, on)
  }
  const at = now(on)
  const wakeMs = Math.max(0, Date.parse(at) - Date.parse(since))
  const resumed = await on.instances.changeLoaded(loaded, (current) => instance.resumed({ at, reason, wakeMs }, current), cause.id, cause.metadata)
  if (resumed) await on.routes.put(routeOfInstance(resumed))
}

const claimAnew = async ({ deploymentId, since }: Wanted, cause: Cause, on: Platform): Promise<void> => {
  await on.deployments.change(deploymentId, (loaded) => deployment.wake({ type: 'WakeDeployment', since, at: now(on) }, loaded.deployment, loaded.status), cause.id, cause.metadata)
}

/** The waiter knew no claim, or one that has not begun: look at the newest. */
const wakeCurrent = async (wanted: Wanted, cause: Cause, on: Platform): Promise<void> => {
  const loaded = await on.deployments.find(wanted.deploymentId)
  const claimId = loaded && currentClaim(loaded.deployment)
  if (claimId && claimId !== wanted.claimId && loaded.instance) await wake({ ...wanted, claimId }, cause, on)
}
