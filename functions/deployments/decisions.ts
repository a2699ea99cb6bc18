import * as decide from '../../events/deployment/decide.ts'
import type { Decide } from '../../infra/aggregates/deployments.ts'
import { asked } from '../../infra/functions/asked.ts'
import { isRepeat, requireMatch } from '../../infra/functions/conditions.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { given, type SettingsBody } from './bodies.ts'
import { wasDone } from './repeats.ts'
import { answer } from './representation.ts'

type Id = { readonly id: string }
type Command<Body> = (request: HttpRequest<Id, Body, unknown>, platform: Platform) => Promise<HttpReply>

/**
 * A command on the deployment's own stream: 202 and the deployment as it is now. A repeated Idempotency-Key changes nothing.
 * @throws DEPLOYMENT_NOT_FOUND, STALE_REVISION, IDEMPOTENCY_KEY_REUSED, and what the decision throws
 */
const command = <Body>(decision: (body: Body, at: string) => Decide): Command<Body> => async (request, platform) => {
  const { id } = request.params
  const ask = asked(request, id)
  if (ask.idempotent) await wasDone(await platform.deployments.load(id), ask, platform) // refuses a key that put it to sleep or woke it
  await platform.deployments.change(
    id,
    (loaded) => {
      if (isRepeat(loaded.events, ask)) return []
      requireMatch(request.headers['if-match'], loaded.deployment.revision)
      return decision(request.body, now(platform))(loaded)
    },
    ask.cause, ask.metadata,
  )
  return answer(202, await platform.deployments.load(id), platform)
}

export const start = command<unknown>((_, at) => ({ deployment, status }) => decide.start({ type: 'StartDeployment', at }, deployment, status))
export const restart = command<unknown>((_, at) => ({ deployment, status }) => decide.restart({ type: 'RestartDeployment', at }, deployment, status))
export const remove = command<unknown>((_, at) => ({ deployment, status }) => decide.remove({ type: 'DeleteDeployment', at }, deployment, status))
export const stop = command<{ reason?: string | undefined }>((body, at) => ({ deployment, status }) =>
  decide.stop({ type: 'StopDeployment', at, ...(body.reason === undefined ? {} : { reason: body.reason }) }, deployment, status))
export const changeSettings = command<SettingsBody>((body, at) => ({ deployment }) => decide.changeSettings({ type: 'ChangeSettings', settings: given(body), at }, deployment))
