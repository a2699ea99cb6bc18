import * as deployment from '../../events/deployment/decide.ts'
import { claimIdOf } from '../../events/deployment/state.ts'
import { isCrash, waitAfter } from '../../events/instance/crash.ts'
import * as instance from '../../events/instance/decide.ts'
import type { InstanceStatus } from '../../events/instance/events.ts'
import type { LoadedDeployment } from '../../infra/aggregates/deployments.ts'
import type { LoadedInstance } from '../../infra/aggregates/instances.ts'
import { routeOfInstance } from '../../infra/claims/route.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { later, now, type Platform } from '../../infra/platform/port.ts'

/** What these were when they were lost they are to be again; one that slept waits for a visitor. */
const AWAKE: readonly InstanceStatus[] = ['running', 'pausing', 'waking']

/** A deployment that could not be started for want of a slot is tried again after so long, when there is one. Milliseconds. */
const TRY_AGAIN_AFTER_MS = 30_000

/** Brings back what is wanted running and has no slot: at once, or later and later while it crashes, in the end not at all. */
export const comeBack = async (loaded: LoadedDeployment, cause: Cause, on: Platform): Promise<void> => {
  const { instance: current, deployment: { plan } } = loaded
  if (!current) return
  const { event } = current
  if (event.type === 'InstanceFailed') {
    const waited = Date.parse(now(on)) - Date.parse(event.data.at)
    if (waited > TRY_AGAIN_AFTER_MS && on.agents.candidates(plan).some(({ free }) => (free[plan] ?? 0) > 0)) await claimAnew(loaded, cause, on)
    return
  }
  if (event.type !== 'InstanceLost' || !AWAKE.includes(event.data.before)) return
  const crashes = await crashesInARow(loaded, on)
  if (crashes >= on.settings.heal.crashes) return giveUp(current, crashes, cause, on)
  const { deploymentId, claimId, at } = event.data
  const due = later(at, waitAfter(crashes))
  if (Date.parse(due) <= Date.parse(now(on))) return claimAnew(loaded, cause, on)
  await on.timers.schedule(`heal.${deploymentId}`, due, { type: 'HealDeploymentDue', data: { deploymentId, claimId } }, cause.metadata)
}

const claimAnew = async ({ deployment: { deploymentId } }: LoadedDeployment, cause: Cause, on: Platform): Promise<void> => {
  await on.deployments.change(deploymentId, (today) => deployment.heal({ type: 'HealDeployment', at: now(on) }, today.deployment, today.instance?.instance ?? null), cause.id, cause.metadata)
}

const giveUp = async (current: LoadedInstance, crashes: number, cause: Cause, on: Platform): Promise<void> => {
  const { event } = current
  if (event.type !== 'InstanceLost') return
  const reason = `it crashed ${crashes} times in a row, last because ${event.data.reason}`
  const failed = await on.instances.changeLoaded(current, (today) => instance.giveUp(reason, { at: now(on), output: event.data.logTail }, today), cause.id, cause.metadata)
  if (failed?.instance.status === 'failed') await on.routes.put(routeOfInstance(failed))
}

/** Its newest claims that crashed, one after the other, since its owner last started it; as many as matter. */
const crashesInARow = async ({ events, deployment: { deploymentId } }: LoadedDeployment, on: Platform): Promise<number> => {
  const { crashes: enough, crashWindowMs } = on.settings.heal
  const counts = Date.parse(now(on)) - crashWindowMs
  let crashes = 0
  for (const { data, type, revision } of events.toReversed()) {
    if (type !== 'ClaimRequested') continue
    const life = await on.instances.current(claimIdOf(deploymentId, revision))
    // one that never began was superseded before it could crash
    if (life && (!isCrash(life.event) || Date.parse(life.event.data.at) < counts)) return crashes
    if (life) crashes += 1
    if (crashes >= enough || (data.reason !== 'heal' && data.reason !== 'wake')) return crashes
  }
  return crashes
}
