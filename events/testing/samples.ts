import * as deployment from '../deployment/decide.ts'
import type { DeploymentEvent, MoveReason } from '../deployment/events.ts'
import { DEFAULT_SETTINGS, sleepSettings } from '../deployment/settings.ts'
import { claimIdOf, currentClaim } from '../deployment/state.ts'
import * as instance from '../instance/decide.ts'
import type { Instance, InstanceEvent } from '../instance/events.ts'
import type { Status } from '../states.ts'
import { worldAfter, type Decision, type History, type World } from './given.ts'

/** Events and commands of one deployment, for tests. Each second of 2026-01-01 is one step. */
export const second = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString()
export const at = second(59)
export const identity = { deploymentId: 'd', name: 'demo' }

// commands, ready for a world
export const start: Decision = ({ deployment: of, status }) => deployment.start({ type: 'StartDeployment', at }, of, status)
export const stop = (reason?: string): Decision => ({ deployment: of, status }) =>
  deployment.stop({ type: 'StopDeployment', at, ...(reason === undefined ? {} : { reason }) }, of, status)
export const restart: Decision = ({ deployment: of, status }) => deployment.restart({ type: 'RestartDeployment', at }, of, status)
export const remove: Decision = ({ deployment: of, status }) => deployment.remove({ type: 'DeleteDeployment', at }, of, status)
export const changeSettings = (settings: Parameters<typeof deployment.changeSettings>[0]['settings']): Decision => ({ deployment: of, status }) =>
  deployment.changeSettings({ type: 'ChangeSettings', at, settings }, of, status)
export const rotate: Decision = ({ deployment: of, status }) => deployment.rotateCredentials({ type: 'RotateCredentials', at }, of, status)
export const wake: Decision = ({ deployment: of, status }) => deployment.wake({ type: 'WakeDeployment', at, since: second(58) }, of, status)
export const heal: Decision = ({ deployment: of, instance: life }) => deployment.heal({ type: 'HealDeployment', at }, of, life)
export const move = (reason: MoveReason): Decision => ({ deployment: of, status }) => deployment.move({ type: 'MoveDeployment', at, claimId: currentClaim(of) ?? '', reason }, of, status)
export const stopped: Decision = ({ deployment: of }) => deployment.stopped(of, at)
export const deleted: Decision = ({ deployment: of }) => deployment.deleted(of, at)
export const erased = (objects: number): Decision => ({ deployment: of }) => deployment.erased(of, objects, at)

/** A command to the current instance; nothing happens where there is none. */
export const toInstance = (decide: (instance: Instance) => readonly InstanceEvent[]): Decision => ({ instance: of }) => (of ? decide(of) : [])
/** The current claim's first event: a slot answers, or none could be had. */
export const claimed = (world: World, when = at): readonly InstanceEvent[] => instance.start(newInstance(world, when), 'create', 12.5)
export const unclaimed = (world: World, when = at): readonly InstanceEvent[] =>
  instance.fail({ ...newInstance(world, when), node: null, slot: null, address: null }, 'no slot is free', { at: when })

export const newInstance = ({ deployment: { epoch, deploymentId, name, plan, settings } }: World, since: string): Instance => ({
  claimId: claimIdOf(deploymentId, epoch ?? 0), deploymentId, name, epoch: epoch ?? 0, plan, settings: sleepSettings(settings), status: 'running', since,
  node: 'node-1', slot: 'slot-1', address: '127.0.0.1:20001', startedAt: null, wakes: 0, requests: 0,
})

// histories
const [requestedEvent, claimEvent] = deployment.request({ type: 'RequestDeployment', ...identity, owner: 'operator', plan: 'small', settings: DEFAULT_SETTINGS, at: second(0) })
if (!requestedEvent || !claimEvent) throw new Error('a request makes two events')
/** [DeploymentRequested, ClaimRequested] */
export const requested: readonly DeploymentEvent[] = [requestedEvent, claimEvent]

const and = (history: History, decision: Decision): History => [...history, ...(decision(worldAfter(history)) as History)]
export const started: History = and(requested, (world) => claimed(world, second(1)))
export const pausing: History = and(started, toInstance((of) => instance.requestPause({ at: second(11), reason: 'idle' }, of)))
export const paused: History = and(pausing, toInstance((of) => instance.paused({ at: second(12), requests: 3 }, of)))
export const resuming: History = and(paused, toInstance((of) => instance.requestResume({ at: second(20) }, of)))
export const hibernating: History = and(paused, toInstance((of) => instance.requestHibernation({ at: second(20), reason: 'idle' }, of)))
export const hibernated: History = and(hibernating, toInstance((of) => instance.hibernated({ at: second(21), requests: 0 }, of)))
export const lost: History = and(started, toInstance((of) => instance.lost('its node is gone', { at: second(5) }, of)))
export const claimedAnew: History = and(hibernated, wake)
export const moving: History = and(started, move('drain'))
export const failed: History = and(requested, (world) => unclaimed(world, second(1)))
export const stopping: History = and(started, stop())
export const stoppedAfter: History = and(stopping, stopped)
export const deleting: History = and(started, remove)
export const deletedAfter: History = and(deleting, deleted)

/** A history that leads to each status. */
export const HISTORIES: Readonly<Record<Status, History>> = {
  requested: [requestedEvent], starting: requested, running: started, pausing, paused, waking: claimedAnew, hibernating, hibernated,
  upgrading: moving, stopping, stopped: stoppedAfter, failed, deleting, deleted: deletedAfter,
}
