import { FIRST_GENERATION } from '../../events/deployment/state.ts'
import * as decide from '../../events/deployment/decide.ts'
import { DEFAULT_SETTINGS } from '../../events/deployment/settings.ts'
import { failure } from '../../events/errors.ts'
import type { NameEvent } from '../../events/name/events.ts'
import { parseName } from '../../events/name/name.ts'
import { evolve, unreserved } from '../../events/name/state.ts'
import { caused, untilNoConflict } from '../../infra/aggregates/append.ts'
import { asked, OWNER } from '../../infra/functions/asked.ts'
import { isRepeat } from '../../infra/functions/conditions.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { derivedId } from '../../infra/ids.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import type { Route } from '../../infra/routes/port.ts'
import { given, type CreateBody } from './bodies.ts'
import { inventName } from './invent-name.ts'
import { answer } from './representation.ts'
import { requireTrustworthy } from './trust.ts'

/**
 * Whoever has the answer may go to the address at once: it is held there until the first slot serves. What was appended stands
 * whether or not edges could be told: they hear of it from the routes projection a moment later.
 */
const announce = async (route: Route, { routes, edges, log }: Platform): Promise<void> => {
  const told = await Promise.allSettled([routes.put(route), edges.learn(route)])
  const reasons = told.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []))
  if (reasons.length > 0) log.warn({ deploymentId: route.deploymentId, reasons }, 'edges could not be told of a new deployment at once')
}

/**
 * POST /deployments: the deployment, its first claim and its name in one atomic step. The id comes from owner and
 * Idempotency-Key, so that a retry is the same deployment. 202 with Location and the secret, which is shown here and nowhere else.
 * @throws NAME_INVALID, NAME_RESERVED, NAME_TAKEN, IDEMPOTENCY_KEY_REUSED, INVALID_FIELD, CREDENTIALS_UNAVAILABLE
 */
export const create = async (request: HttpRequest<unknown, CreateBody, unknown>, platform: Platform): Promise<HttpReply> => {
  const { store, deployments, clients, settings: { defaults } } = platform
  const ask = asked(request, 'deployments')
  const deploymentId = derivedId('deployment', ask.cause)
  const name = parseName(request.body.name ?? inventName(deploymentId))
  const settings = { ...DEFAULT_SETTINGS, ...defaults, ...given(request.body.settings) }
  requireTrustworthy(settings, platform, 'settings.trust')

  const { clientSecret } = await clients.secret({ deploymentId, generation: FIRST_GENERATION }) // nothing is made that its owner could not use
  return untilNoConflict(async () => {
    const existing = await deployments.find(deploymentId)
    if (!existing) {
      const at = now(platform)
      const reservation = (await store.read<NameEvent>(`name.${name}`)).reduce((state, event) => evolve(state, event, event.revision), unreserved)
      if (reservation.heldBy !== null) throw failure('NAME_TAKEN', { field: 'name', name })
      const events = decide.request({ type: 'RequestDeployment', deploymentId, name, owner: OWNER, plan: request.body.plan, settings, at })
      const reserved: NameEvent = { type: 'NameReserved', data: { name, deploymentId, at } }
      const [written] = await store.appendAll([
        { stream: `deployment.${deploymentId}`, events: caused(events, ask.cause, ask.metadata), expected: 'none' },
        { stream: `name.${name}`, events: caused([reserved], ask.cause, ask.metadata), expected: reservation.revision < 0 ? 'none' : reservation.revision },
      ])
      if (written) await announce({ deploymentId, name, claimId: null, state: 'asleep', address: null, reason: null, sequence: written.position }, platform)
    } else isRepeat(existing.events, ask)
    const reply = answer(202, await deployments.load(deploymentId), platform)
    return { ...reply, headers: { ...reply.headers, location: `/api/deployments/${deploymentId}` }, body: { ...reply.body, clientSecret } }
  })
}
