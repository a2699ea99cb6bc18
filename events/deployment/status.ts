import type { Instance } from '../instance/events.ts'
import type { Status } from '../states.ts'
import { currentClaim, type Deployment } from './state.ts'

/** The life of the current claim is what people see, once it has begun. */
const WAITS_FOR_CLAIM: readonly Status[] = ['starting', 'waking', 'upgrading']

/**
 * What people see: the owner's will where it decides alone, else the life of the current claim.
 * `instance` is that of any claim; one of an older claim is not looked at.
 */
export const statusOf = (deployment: Deployment, instance: Instance | null): Status => {
  if (!WAITS_FOR_CLAIM.includes(deployment.status)) return deployment.status
  if (!instance || instance.claimId !== currentClaim(deployment)) return deployment.status
  return shownStatus(instance)
}

/** An instance whose slot is gone, however it went, is what a hibernated one is: everything is in the object store. */
export const shownStatus = (instance: Instance): Status => {
  switch (instance.status) {
    case 'lost':
    case 'released':
      return 'hibernated'
    default:
      return instance.status
  }
}
