import { currentClaim } from '../../events/deployment/state.ts'
import * as deployment from '../../events/deployment/decide.ts'
import * as instance from '../../events/instance/decide.ts'
import type { Instance } from '../../events/instance/events.ts'
import type { LoadedInstance } from '../aggregates/instances.ts'
import type { Cause } from '../functions/cause.ts'
import { derivedId } from '../ids.ts'
import { now, type Platform } from '../platform/port.ts'
import { orLost } from './lost.ts'
import { routeOfInstance } from './route.ts'

export type Wanted = {
  readonly deploymentId: string
  /** The claim the waiter knew of; null when it knew none. */
  readonly claimId: string | null
  /** When the waiting began, RFC 3339. */
  readonly since: string
  readonly reason: 'hit' | 'requested'
}

/** A pause or a hibernation takes milliseconds; one that has not ended after so long was given up by whoever began it. */
const STUCK_AFTER_MS = 20_000
const STUCK = 'somebody waited and the sleep did not end'

/**
 * Level-triggered wake: running is wanted, so whatever the instance is, the next step towards running is taken, and it ends
 * with the route being written, also when the instance already runs. From pause: one read, one thaw, one append, one route.
 * From hibernation: a new claim is asked for, which provision turns into an instance.
 */
export const wake = async (wanted: Wanted, cause: Cause, on: Platform): Promise<void> => {
  const loaded = wanted.claimId === null ? null : await on.instances.current(wanted.claimId)
  if (!loaded) return wakeCurrent(wanted, cause, on)
  switch (loaded.instance.status) {
    case 'running': // somebody waits all the same: its slot may be gone, unless another is about to follow it, which lets them on
      return (await isFollowed(wanted, on)) ? wakeCurrent(wanted, cause, on) : thaw(loaded, wanted, cause, on)
    case 'paused':
    case 'waking':
      return thaw(loaded, wanted, cause, on)
    case 'pausing':
    case 'hibernating': // whoever ends that looks for hits again
      return Date.parse(now(on)) - Date.parse(loaded.event.data.at) > STUCK_AFTER_MS ? thaw(loaded, wanted, cause, on) : undefined
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

const isFollowed = async ({ deploymentId, claimId }: Wanted, on: Platform): Promise<boolean> => {
  const today = await on.deployments.find(deploymentId)
  return today !== null && currentClaim(today.deployment) !== claimId
}

const thaw = async (loaded: LoadedInstance, wanted: Wanted, cause: Cause, on: Platform): Promise<void> => {
  const { deploymentId, claimId, node, status } = loaded.instance
  if (node === null) return
  const claimed = await orLost(() => on.agents.thaw(node, claimId), loaded, cause, on)
  if (claimed === null) return claimAnew(wanted, cause, on)
  on.edges.awake({ deploymentId, claimId, address: claimed.address }) // who waits goes in while the event is stored
  const at = now(on)
  const fact = { at, reason: wanted.reason, wakeMs: Math.max(0, Date.parse(at) - Date.parse(wanted.since)) }
  const stuck = status === 'pausing' || status === 'hibernating'
  const decide = (current: Instance) =>
    stuck ? [...instance.abandonPause(STUCK, fact, current), ...instance.abandonHibernation(STUCK, fact, current)] : instance.resumed(fact, current)
  // a hit that comes once more finds another sleep: that is another wake, for the slot is awake by now
  const id = derivedId(cause.id, String(loaded.revision))
  // of a running one nothing would be appended that shows that it fell asleep since it was read: it is read again
  const after = status === 'running' ? await on.instances.change(claimId, decide, id, cause.metadata) : await on.instances.changeLoaded(loaded, decide, id, cause.metadata)
  if (!after) return
  await on.routes.put(routeOfInstance(after))
  // it began to fall asleep meanwhile, and its slot was thawed under it: whoever ends that has to look again
  if (after.instance.status === 'pausing' || after.instance.status === 'hibernating') await on.hits.publish({ deploymentId, claimId, since: at })
}

const claimAnew = async (wanted: Wanted, cause: Cause, on: Platform): Promise<void> => {
  const { deploymentId, claimId, since, reason } = wanted
  const { loaded, appended } = await on.deployments.change(
    deploymentId, (today) => deployment.wake({ type: 'WakeDeployment', since, at: now(on) }, today.deployment, today.status), cause.id, cause.metadata,
  )
  const newest = currentClaim(loaded.deployment)
  // a visitor may know only the claim before; what an older claim owes is no reason to wake the newest
  if (!appended && reason === 'hit' && newest !== claimId) await wake({ ...wanted, claimId: newest }, cause, on)
}

/** The waiter knew no claim, or one that has not begun: look at the newest. */
const wakeCurrent = async (wanted: Wanted, cause: Cause, on: Platform): Promise<void> => {
  const loaded = await on.deployments.find(wanted.deploymentId)
  const claimId = loaded && currentClaim(loaded.deployment)
  if (claimId && claimId !== wanted.claimId && loaded.instance) await wake({ ...wanted, claimId }, cause, on)
}
