import * as decide from '../../events/deployment/decide.ts'
import type { Decide } from '../../infra/aggregates/deployments.ts'
import { asked } from '../../infra/functions/asked.ts'
import { isRepeat, requireMatch } from '../../infra/functions/conditions.ts'
import type { HttpRequest } from '../../infra/functions/router.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { given, type SettingsBody } from './bodies.ts'
import { wasDone } from './repeats.ts'
import { answer, type Answer } from './representation.ts'
import { requireTrustworthy } from './trust.ts'

type Id = { readonly id: string }
type Command<Body> = (request: HttpRequest<Id, Body, unknown>, platform: Platform) => Promise<Answer>

/**
 * A command on the deployment's own stream: 202 and the deployment as it is now. A repeated Idempotency-Key changes nothing.
 * @throws DEPLOYMENT_NOT_FOUND, STALE_REVISION, IDEMPOTENCY_KEY_REUSED, and what the decision throws
 */
export const command = <Body>(decision: (body: Body, at: string) => Decide): Command<Body> => async (request, platform) => {
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
const change = command<SettingsBody>((body, at) => ({ deployment, status }) => decide.changeSettings({ type: 'ChangeSettings', settings: given(body), at }, deployment, status))
/** PATCH /:id/settings. @throws as `command`; INVALID_FIELD */
export const changeSettings: typeof change = async (request, platform) => {
  requireTrustworthy(given(request.body), platform)
  return change(request, platform)
}
