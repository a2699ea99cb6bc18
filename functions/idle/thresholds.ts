import * as instance from '../../events/instance/decide.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { later, now, type Platform } from '../../infra/platform/port.ts'

type Claim = { readonly deploymentId: string; readonly claimId: string }

/** Sets the one timer of an awake claim: the earliest moment at which it can be idle. */
export const scheduleIdleCheck = async ({ deploymentId, claimId }: Claim, cause: Cause, on: Platform, idleMs = 0): Promise<void> => {
  const { deployment } = await on.deployments.load(deploymentId)
  const wait = deployment.settings.pauseAfterSeconds * 1000 - idleMs
  await on.timers.schedule(`idle.${claimId}`, later(now(on), wait), { type: 'IdleCheckDue', data: { deploymentId, claimId } }, cause.metadata)
}

/** The time may be up: asks the edges; if somebody came meanwhile, waits for the rest of the threshold. */
export const checkIdle = async (claim: Claim, cause: Cause, on: Platform): Promise<void> => {
  const [current, { deployment }] = await Promise.all([on.instances.current(claim.claimId), on.deployments.load(claim.deploymentId)])
  if (current?.instance.status !== 'running') return
  const activity = await on.edges.activity(claim)
  const at = now(on)
  const awakeMs = Date.parse(at) - Date.parse(current.instance.since)
  // a timer that is late or comes twice must not see a wake of a moment ago as a long idle time
  const idleMs = activity.inFlight > 0 ? 0 : Math.min(activity.idleMs ?? awakeMs, awakeMs)
  if (idleMs < deployment.settings.pauseAfterSeconds * 1000) return scheduleIdleCheck(claim, cause, on, idleMs)
  await on.instances.changeLoaded(current, (today) => (today.status === 'running' ? instance.requestPause({ reason: 'idle', at }, today) : []), cause.id, cause.metadata)
}

/** Starts the second tier when an instance has been paused. */
export const scheduleHibernation = async ({ deploymentId, claimId, at }: Claim & { readonly at: string }, cause: Cause, on: Platform): Promise<void> => {
  const { deployment } = await on.deployments.load(deploymentId)
  const message = { type: 'HibernateDue', data: { deploymentId, claimId, pausedSince: at } } as const
  await on.timers.schedule(`hibernate.${claimId}`, later(at, deployment.settings.hibernateAfterSeconds * 1000), message, cause.metadata)
}

/** New thresholds count from now while it runs, from the beginning of its pause while it is paused. */
export const settingsChanged = async ({ deploymentId }: { readonly deploymentId: string }, cause: Cause, on: Platform): Promise<void> => {
  const current = (await on.deployments.load(deploymentId)).instance?.instance
  if (current?.status === 'running') await scheduleIdleCheck(current, cause, on)
  if (current?.status === 'paused') await scheduleHibernation({ ...current, at: current.since }, cause, on)
}
