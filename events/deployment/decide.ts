import { failure } from '../errors.ts'
import { sourcesOf, type Status } from '../states.ts'
import type { ChangeSettings, DeleteDeployment, HealDeployment, MoveDeployment, RequestDeployment, RestartDeployment, RotateCredentials, StartDeployment, StopDeployment, WakeDeployment } from './commands.ts'
import type { DeploymentEvent } from './events.ts'
import type { Instance } from '../instance/events.ts'
import { currentClaim, type Deployment } from './state.ts'
import { beyondPlan, changedSettings, needsClaim, type Plan, type Settings } from './settings.ts'
import { statusOf } from './status.ts'

/**
 * Decisions about a deployment. Pure: time and ids come in with the command; `status` is what `statusOf` says.
 * [] means there is nothing to do: said twice, done once. All throw catalogue errors.
 */

/** A new deployment asks for its first claim at once. @throws INVALID_FIELD for a limit beyond its plan */
export const request = (command: RequestDeployment): DeploymentEvent[] => {
  const { type: _, at, ...data } = command
  permitLimits(data.settings, data.plan)
  return [
    { type: 'DeploymentRequested', data: { ...data, at } },
    { type: 'ClaimRequested', data: { deploymentId: data.deploymentId, name: data.name, reason: 'create', since: at, at } },
  ]
}

/** @throws DEPLOYMENT_DELETED, ILLEGAL_TRANSITION */
export const start = (command: StartDeployment, deployment: Deployment, status: Status): DeploymentEvent[] => {
  if (status !== 'stopped' && status !== 'failed' && deployment.wanted === 'running') return []
  permit(deployment, status, 'start', STARTABLE)
  const data = { ...identity(deployment), at: command.at }
  return [{ type: 'StartRequested', data }, { type: 'ClaimRequested', data: { ...data, reason: 'start', since: command.at } }]
}

/** @throws DEPLOYMENT_DELETED, ILLEGAL_TRANSITION */
export const stop = (command: StopDeployment, deployment: Deployment, status: Status): DeploymentEvent[] => {
  if (deployment.wanted === 'stopped') return []
  permit(deployment, status, 'stop', sourcesOf('StopRequested'))
  const reason = command.reason === undefined ? {} : { reason: command.reason }
  return [{ type: 'StopRequested', data: { ...identity(deployment), ...reason, at: command.at } }]
}

/** A restart is a new claim; the old one is released before the new one is served. @throws DEPLOYMENT_DELETED, ILLEGAL_TRANSITION */
export const restart = (command: RestartDeployment, deployment: Deployment, status: Status): DeploymentEvent[] => {
  permit(deployment, status, 'restart', RESTARTABLE)
  const data = { ...identity(deployment), at: command.at }
  return [{ type: 'RestartRequested', data }, { type: 'ClaimRequested', data: { ...data, reason: 'restart', since: command.at } }]
}

/** @throws DEPLOYMENT_DELETED */
export const remove = (command: DeleteDeployment, deployment: Deployment, status: Status): DeploymentEvent[] => {
  if (deployment.wanted === 'deleted') return []
  permit(deployment, status, 'delete', sourcesOf('DeletionRequested'))
  return [{ type: 'DeletionRequested', data: { ...identity(deployment), at: command.at } }]
}

/** What a slot knows from its claim reaches one that serves by a new claim. @throws DEPLOYMENT_DELETED, INVALID_FIELD for a limit beyond its plan */
export const changeSettings = (command: ChangeSettings, deployment: Deployment, status: Status): DeploymentEvent[] => {
  if (deployment.wanted === 'deleted') throw failure('DEPLOYMENT_DELETED', { name: deployment.name })
  const settings: Settings = { ...deployment.settings, ...command.settings }
  permitLimits(settings, deployment.plan)
  const changed = changedSettings(deployment.settings, settings)
  if (changed.length === 0) return []
  return [{ type: 'SettingsChanged', data: { ...identity(deployment), settings, at: command.at } }, ...(needsClaim(changed) ? claimAnew(command.at, deployment, status) : [])]
}

/** The secret before is refused from the next claim on, which is asked for at once. @throws DEPLOYMENT_DELETED */
export const rotateCredentials = ({ at }: RotateCredentials, deployment: Deployment, status: Status): DeploymentEvent[] => {
  if (deployment.wanted === 'deleted') throw failure('DEPLOYMENT_DELETED', { name: deployment.name })
  return [{ type: 'CredentialsRotated', data: { ...identity(deployment), generation: deployment.generation + 1, at } }, ...claimAnew(at, deployment, status)]
}

/** Only a deployment that is wanted and has no slot is claimed anew; anything else is already on its way. */
export const wake = (command: WakeDeployment, deployment: Deployment, status: Status): DeploymentEvent[] =>
  status === 'hibernated' && deployment.wanted === 'running'
    ? [{ type: 'ClaimRequested', data: { ...identity(deployment), reason: 'wake', since: command.since, at: command.at } }]
    : []

/** Only what serves is moved: what sleeps is given up to hibernation, what is in between comes to rest first. */
export const move = ({ reason, claimId, at }: MoveDeployment, deployment: Deployment, status: Status): DeploymentEvent[] =>
  sourcesOf('ClaimRequested', reason).includes(status) && deployment.wanted === 'running' && currentClaim(deployment) === claimId
    ? [{ type: 'ClaimRequested', data: { ...identity(deployment), reason, since: at, at } }]
    : []

/** Only what was lost, or never had a slot, is claimed anew by itself: one that hibernates waits for a visitor, one that was given up for its owner. */
export const heal = ({ at }: HealDeployment, deployment: Deployment, instance: Instance | null): DeploymentEvent[] => {
  const status = statusOf(deployment, instance)
  const lost = status === 'hibernated' && instance?.status === 'lost'
  const neverBegun = status === 'failed' && instance?.startedAt === null
  return deployment.wanted === 'running' && (lost || neverBegun)
    ? [{ type: 'ClaimRequested', data: { ...identity(deployment), reason: 'heal', since: at, at } }]
    : []
}

/** The slot of a stopped deployment is gone. */
export const stopped = (deployment: Deployment, at: string): DeploymentEvent[] =>
  deployment.status === 'stopping' ? [{ type: 'DeploymentStopped', data: { ...identity(deployment), at } }] : []

/** The slot of a deleted deployment is gone and its record is fenced for good; its objects follow when no credentials are left. */
export const deleted = (deployment: Deployment, at: string): DeploymentEvent[] =>
  deployment.status === 'deleting' ? [{ type: 'DeploymentDeleted', data: { ...identity(deployment), at } }] : []

/** Every version of every object is gone. */
export const erased = (deployment: Deployment, objects: number, at: string): DeploymentEvent[] =>
  deployment.status === 'deleted' ? [{ type: 'RecordErased', data: { ...identity(deployment), objects, at } }] : []

const identity = ({ deploymentId, name }: Deployment) => ({ deploymentId, name })

/** Of the states that ask for a new claim: those that start leaves, the other ones run or are on their way; and those with something to restart. */
const STARTABLE = sourcesOf('ClaimRequested').filter((status) => status === 'stopped' || status === 'failed')
const RESTARTABLE = sourcesOf('ClaimRequested', 'restart').filter((status) => status !== 'stopped')

/** Has, or is about to have, a slot that was claimed by what held before; the slot is replaced as by a restart. What has none gets what holds when it is claimed. */
const SERVED = sourcesOf('ClaimRequested', 'settings')
const claimAnew = (at: string, deployment: Deployment, status: Status): DeploymentEvent[] =>
  deployment.wanted === 'running' && SERVED.includes(status)
    ? [{ type: 'ClaimRequested', data: { ...identity(deployment), reason: 'restart', since: at, at } }]
    : []

const permitLimits = (settings: Settings, plan: Plan): void => {
  const beyond = beyondPlan(settings, plan)
  if (beyond) throw failure('INVALID_FIELD', { field: `settings.${beyond.field}`, reason: `at most ${beyond.most} in plan ${plan}` })
}

const permit = ({ name, wanted }: Deployment, status: Status, command: string, allowed: readonly Status[]): void => {
  if (wanted === 'deleted') throw failure('DEPLOYMENT_DELETED', { name })
  if (!allowed.includes(status)) throw failure('ILLEGAL_TRANSITION', { name, status, command, allowed: allowed.join(', ') })
}
