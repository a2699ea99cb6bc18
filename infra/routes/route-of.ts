import type { Instance } from '../../events/instance/events.ts'
import { holdsSlot } from '../../events/instance/state.ts'
import { currentClaim, type Deployment } from '../../events/deployment/state.ts'
import { statusOf } from '../../events/deployment/status.ts'
import type { Route } from './port.ts'

/**
 * What the edge must know of a deployment, as its own stream and the newest event of its current claim (of the one before, while that
 * is in use: claimBefore) tell it. `position` is
 * that of the newest event looked at; `failedBecause` is the reason of an InstanceFailed.
 *
 * From the wish to pause or hibernate on it is asleep: a visitor who comes then waits for the end of it instead of reaching
 * a slot that is about to be frozen, also at an edge that was not there when the others were asked to quiesce.
 */
export const routeOf = (deployment: Deployment, instance: Instance | null, position: string, failedBecause: string | null = null): Route => {
  const { deploymentId, name, stopReason } = deployment
  const claimId = currentClaim(deployment)
  const unrouted = { deploymentId, name, claimId, address: null, reason: null, sequence: position } as const
  const status = statusOf(deployment, instance)
  switch (status) {
    case 'running':
      return instance?.address ? { ...unrouted, state: 'routed', address: instance.address } : { ...unrouted, state: 'asleep' }
    case 'upgrading':
      return routeOfBefore(unrouted, instance)
    case 'requested':
    case 'starting':
    case 'waking':
    case 'pausing':
    case 'paused':
    case 'hibernating':
    case 'hibernated':
      return { ...unrouted, state: 'asleep' }
    case 'stopping':
    case 'stopped':
      return { ...unrouted, state: 'stopped', reason: stopReason ?? 'its owner stopped it' }
    case 'failed':
      return { ...unrouted, state: 'failed', reason: failedBecause ?? 'its slot did not come up' }
    case 'deleting':
    case 'deleted':
      return { ...unrouted, state: 'deleted' }
    default:
      return status satisfies never
  }
}

/** Until the next slot begins the one before is visited, or woken. */
const routeOfBefore = (unrouted: Omit<Route, 'state'>, before: Instance | null): Route => {
  if (!before || !holdsSlot(before)) return { ...unrouted, state: 'asleep' }
  const { claimId, status, address } = before
  return status === 'running' && address !== null ? { ...unrouted, claimId, state: 'routed', address } : { ...unrouted, claimId, state: 'asleep' }
}
