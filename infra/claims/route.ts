import type { InstanceEvent } from '../../events/instance/events.ts'
import type { LoadedInstance } from '../aggregates/instances.ts'
import type { Route } from '../routes/port.ts'

/** The route that follows from an instance's newest event; needs nothing but that event, so a wake can write it at once. */
export const routeOfInstance = ({ instance, position, event }: Pick<LoadedInstance, 'instance' | 'position'> & { readonly event: InstanceEvent }): Route => {
  const { deploymentId, name, claimId, address } = instance
  const base = { deploymentId, name, claimId, reason: null, sequence: position }
  if (event.type === 'InstanceFailed') return { ...base, state: 'failed', address: null, reason: event.data.reason }
  return instance.status === 'running' && address !== null
    ? { ...base, state: 'routed', address }
    : { ...base, state: 'asleep', address: null }
}
