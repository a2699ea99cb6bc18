import { failure } from '../../events/errors.ts'
import * as deployment from '../../events/deployment/decide.ts'
import * as instance from '../../events/instance/decide.ts'
import type { Instance, InstanceEvent } from '../../events/instance/events.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { answer } from './representation.ts'
import { asked, requireMatch } from './request.ts'

type Command = (request: HttpRequest<{ readonly id: string }, unknown>, platform: Platform) => Promise<HttpReply>
type Decision = (instance: Instance, at: string) => readonly InstanceEvent[]

/** A command on the current claim, which knows nothing of the deployment's revision: sleeping and waking are no decisions of its owner. */
const command = (participle: string, decision: Decision): Command => async (request, platform) => {
  const { id } = request.params
  const loaded = await platform.deployments.load(id)
  const { name, wanted, revision } = loaded.deployment
  if (wanted === 'deleted') throw failure('DEPLOYMENT_DELETED', { name })
  requireMatch(request.headers['if-match'], revision)
  if (!loaded.instance || wanted !== 'running') throw failure('NOT_RUNNING', { name, status: loaded.status, participle })
  const ask = asked(request, id)
  await platform.instances.changeLoaded(loaded.instance, (current) => decision(current, now(platform)), ask.cause, ask.metadata)
  return answer(202, await platform.deployments.load(id), platform)
}

export const pause = command('paused', (current, at) => instance.requestPause({ reason: 'requested', at }, current))
export const hibernate = command('hibernated', (current, at) => instance.requestHibernation({ reason: 'requested', at }, current))
const resumePaused = command('resumed', (current, at) => instance.requestResume({ at }, current))

/** From pause the slot is thawed; from hibernation a new claim is asked for; awake already is fine. */
export const resume: Command = async (request, platform) => {
  const { id } = request.params
  const { status, deployment: { revision } } = await platform.deployments.load(id)
  if (status !== 'hibernated') return resumePaused(request, platform)
  requireMatch(request.headers['if-match'], revision)
  const { cause, metadata } = asked(request, id)
  const at = now(platform)
  await platform.deployments.change(id, (loaded) => deployment.wake({ type: 'WakeDeployment', since: at, at }, loaded.deployment, loaded.status), cause, metadata)
  return answer(202, await platform.deployments.load(id), platform)
}
