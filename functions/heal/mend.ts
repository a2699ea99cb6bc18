import * as instance from '../../events/instance/decide.ts'
import { currentClaim } from '../../events/deployment/state.ts'
import type { LoadedDeployment } from '../../infra/aggregates/deployments.ts'
import type { LoadedInstance } from '../../infra/aggregates/instances.ts'
import { routeOfInstance } from '../../infra/claims/route.ts'
import { stayAwake } from '../../infra/claims/stay-awake.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { derivedId } from '../../infra/ids.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { routeOf } from '../../infra/routes/route-of.ts'
import { comeBack } from './come-back.ts'
import { giveUpAsLost } from './lost.ts'
import type { Nodes } from './nodes.ts'
import { sleepAgain } from './sleep-again.ts'

/** What takes milliseconds, or a few attempts at most, and has not ended after so long was given up by whoever began it. */
const STUCK_AFTER_MS = 60_000
const STUCK = 'it did not end'

/**
 * Takes the next step of one deployment towards what its owner wants; nothing when it is there or on its way. Decides from the
 * loaded aggregate alone and runs twice without harm. `nodes`: what a sweep knows of them; null where one is mended by itself.
 */
export const mend = async (deploymentId: string, nodes: Nodes | null, cause: Cause, on: Platform): Promise<void> => {
  const loaded = await on.deployments.find(deploymentId)
  if (!loaded) return
  const own: Cause = { ...cause, id: derivedId(cause.id, deploymentId) } // one sweep mends many
  // while it moves the slot before is visited: whoever writes that route knows of it
  if (nodes && loaded.status !== 'upgrading') await on.routes.put(currentRoute(loaded))
  switch (loaded.status) {
    case 'requested':
    case 'starting':
    case 'upgrading':
      return beginAgain(loaded, own, on)
    case 'waking':
      return loaded.instance ? resumeAgain(loaded.instance, own, on) : beginAgain(loaded, own, on)
    case 'pausing':
    case 'hibernating':
    case 'running':
    case 'paused':
      return loaded.instance ? mendHeld(loaded.instance, nodes, own, on) : undefined
    case 'hibernated':
    case 'failed':
      return comeBack(loaded, own, on)
    case 'stopping':
    case 'deleting':
      return retireAgain(loaded, own, on)
    case 'stopped':
    case 'deleted':
      return
    default:
      loaded.status satisfies never
  }
}

/** It holds a slot, if that is there. */
const mendHeld = async (current: LoadedInstance, nodes: Nodes | null, cause: Cause, on: Platform): Promise<void> => {
  if (await giveUpAsLost(current, nodes, cause, on)) return
  const { status } = current.instance
  if (status === 'pausing' || status === 'hibernating') return endSleep(current, cause, on)
  if (status === 'running') return sleepAgain(current, cause, on)
}

const isStuck = (since: string, on: Platform): boolean => Date.parse(now(on)) - Date.parse(since) > STUCK_AFTER_MS

/** The function that acts on it is asked once more; what it has done before it does not do again. */
const beginAgain = async ({ deployment }: LoadedDeployment, cause: Cause, on: Platform): Promise<void> => {
  const { deploymentId, changedAt } = deployment
  const claimId = currentClaim(deployment)
  if (claimId !== null && isStuck(changedAt, on)) await on.timers.schedule(`claim.${claimId}`, now(on), { type: 'ClaimDue', data: { deploymentId, claimId } }, cause.metadata)
}

const resumeAgain = async ({ instance: { deploymentId, claimId, since } }: LoadedInstance, cause: Cause, on: Platform): Promise<void> => {
  if (isStuck(since, on)) await on.timers.schedule(`wake.${claimId}`, now(on), { type: 'WakeDue', data: { deploymentId, claimId } }, cause.metadata)
}

const retireAgain = async ({ deployment: { deploymentId, changedAt } }: LoadedDeployment, cause: Cause, on: Platform): Promise<void> => {
  if (isStuck(changedAt, on)) await on.timers.schedule(`retire.${deploymentId}`, now(on), { type: 'RetireDue', data: { deploymentId } }, cause.metadata)
}

/** Whoever put it to sleep has gone: it stays awake, and falls asleep anew when it is idle. */
const endSleep = async (current: LoadedInstance, cause: Cause, on: Platform): Promise<void> => {
  if (!isStuck(current.event.data.at, on)) return
  await stayAwake(current, current.instance.status === 'pausing' ? instance.abandonPause : instance.abandonHibernation, STUCK, cause, on)
}

const currentRoute = ({ deployment, instance: life, events }: LoadedDeployment) => {
  const own = events.at(-1)?.position ?? '0'
  if (!life) return routeOf(deployment, null, own)
  if (BigInt(life.position) > BigInt(own) && life.event.type === 'InstanceFailed') return routeOfInstance(life)
  return routeOf(deployment, life.instance, BigInt(life.position) > BigInt(own) ? life.position : own, life.event.type === 'InstanceFailed' ? life.event.data.reason : null)
}
