import * as decide from '../../events/deployment/decide.ts'
import { currentClaim } from '../../events/deployment/state.ts'
import type { NameEvent } from '../../events/name/events.ts'
import { caused, untilNoConflict } from '../../infra/aggregates/append.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { later, now, type Platform } from '../../infra/platform/port.ts'
import { routeOf } from '../../infra/routes/route-of.ts'

/** Longer than any credentials of a slot live (they are minted for at most an hour). */
export const CREDENTIALS_LAPSE_MS = 61 * 60_000

/**
 * Deletes for good: fences the record with a tombstone, so that no slot that still holds credentials can write; frees the
 * name and closes the deployment in one atomic step; leaves the objects until the credentials have lapsed.
 */
export const remove = async (deploymentId: string, cause: Cause, on: Platform): Promise<void> => {
  await untilNoConflict(async () => {
    const { deployment, events: before } = await on.deployments.load(deploymentId)
    const at = now(on)
    const events = decide.deleted(deployment, at)
    if (events.length === 0) return void (await on.routes.put(routeOf(deployment, null, before.at(-1)?.position ?? '0'))) // done before, perhaps without the route
    await on.timers.schedule(`purge.${deploymentId}`, later(at, CREDENTIALS_LAPSE_MS), { type: 'PurgeDue', data: { deploymentId } }, cause.metadata)
    await on.storage.fence(deploymentId, deployment.revision, { tombstone: true })
    const freed: NameEvent = { type: 'NameReleased', data: { name: deployment.name, deploymentId, at } }
    const [written] = await on.store.appendAll([
      { stream: `deployment.${deploymentId}`, events: caused(events, cause.id, cause.metadata), expected: deployment.revision },
      { stream: `name.${deployment.name}`, events: caused([freed], cause.id, cause.metadata), expected: 'exists' },
    ])
    if (written) await on.routes.put({ deploymentId, name: deployment.name, claimId: currentClaim(deployment), state: 'deleted', address: null, reason: null, sequence: written.position })
  })
}
