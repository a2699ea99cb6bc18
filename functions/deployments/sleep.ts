import { failure } from '../../events/errors.ts'
import * as deployment from '../../events/deployment/decide.ts'
import * as instance from '../../events/instance/decide.ts'
import type { Instance, InstanceEvent } from '../../events/instance/events.ts'
import type { LoadedDeployment } from '../../infra/aggregates/deployments.ts'
import { asked, type Asked } from '../../infra/functions/asked.ts'
import { requireMatch } from '../../infra/functions/conditions.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { wasDone } from './repeats.ts'
import { answer } from './representation.ts'

type Command = (request: HttpRequest<{ readonly id: string }, unknown, unknown>, platform: Platform) => Promise<HttpReply>
type Act = (loaded: LoadedDeployment, ask: Asked, platform: Platform) => Promise<unknown>
type Decision = (instance: Instance, at: string) => readonly InstanceEvent[]

/**
 * A command on the current claim, which knows nothing of the deployment's revision: sleeping and waking are no decisions of its
 * owner. A repeated Idempotency-Key changes nothing, also when the claim is another one by now.
 * @throws DEPLOYMENT_NOT_FOUND, DEPLOYMENT_DELETED, STALE_REVISION, IDEMPOTENCY_KEY_REUSED, and what `act` throws
 */
const command = (act: Act): Command => async (request, platform) => {
  const { id } = request.params
  const ask = asked(request, id)
  const loaded = await platform.deployments.load(id)
  if (!(await wasDone(loaded, ask, platform))) {
    const { name, wanted, revision } = loaded.deployment
    if (wanted === 'deleted') throw failure('DEPLOYMENT_DELETED', { name })
    requireMatch(request.headers['if-match'], revision)
    await act(loaded, ask, platform)
  }
  return answer(202, await platform.deployments.load(id), platform)
}

/** @throws NOT_RUNNING */
const putToSleep = (participle: string, decision: Decision): Command => command(async ({ deployment: { name, wanted }, instance: current, status }, ask, platform) => {
  if (!current || wanted !== 'running') throw failure('NOT_RUNNING', { name, status, participle })
  await platform.instances.changeLoaded(current, (today) => decision(today, now(platform)), ask.cause, ask.metadata)
})

export const pause = putToSleep('paused', (current, at) => instance.requestPause({ reason: 'requested', at }, current))
export const hibernate = putToSleep('hibernated', (current, at) => instance.requestHibernation({ reason: 'requested', at }, current))

/**
 * Running is wanted: from pause the slot is thawed; from hibernation a new claim is asked for; a sleep that has begun ends as it
 * does when a visitor comes meanwhile; what runs or is on its way needs nothing.
 * @throws ILLEGAL_TRANSITION for what only its owner's start can bring back
 */
export const resume = command(async (loaded, ask, platform) => {
  const { deployment: { deploymentId, name, wanted }, instance: current, status } = loaded
  if (wanted !== 'running' || status === 'failed') {
    throw failure('ILLEGAL_TRANSITION', { name, status, command: 'resume', allowed: status === 'stopping' ? ASLEEP : `${ASLEEP}; start it instead` })
  }
  if (!current) return // its claim is on its way
  const at = now(platform)
  const resumed = await platform.instances.changeLoaded(current, (today) => instance.requestResume({ at }, today), ask.cause, ask.metadata)
  if (!resumed || resumed.changed) return
  if (resumed.instance.status === 'pausing' || resumed.instance.status === 'hibernating') return hitMeanwhile(resumed.instance, resumed.event.data.at, platform)
  await platform.deployments.change(deploymentId, (today) => deployment.wake({ type: 'WakeDeployment', since: at, at }, today.deployment, today.status), ask.cause, ask.metadata)
})

const ASLEEP = 'paused or hibernated'

/** Whoever ends a sleep looks for hits since its beginning, which another clock may have told. */
const hitMeanwhile = ({ deploymentId, claimId }: Instance, begun: string, platform: Platform): Promise<void> => {
  const at = now(platform)
  return platform.hits.publish({ deploymentId, claimId, since: at > begun ? at : begun })
}
