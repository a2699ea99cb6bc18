import type { LoadedInstance } from '../aggregates/instances.ts'
import type { Route } from '../routes/port.ts'

/** The route that follows from an instance's newest event; needs nothing but that event, so a wake can write it at once. */
export const routeOfInstance = ({ instance, position }: LoadedInstance): Route => {
  const { deploymentId, name, claimId, address } = instance
  const base = { deploymentId, name, claimId, reason: null, sequence: position }
  return instance.status === 'running' && address !== null
    ? { ...base, state: 'routed', address }
    : { ...base, state: 'asleep', address: null }
}
