import * as instance from '../../events/instance/decide.ts'
import type { LoadedInstance } from '../../infra/aggregates/instances.ts'
import { wakeDueAt, wakeIfHit } from '../../infra/claims/look-again.ts'
import { orLost } from '../../infra/claims/lost.ts'
import { routeOfInstance } from '../../infra/claims/route.ts'
import { stayAwake } from '../../infra/claims/stay-awake.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { now, type Platform } from '../../infra/platform/port.ts'

type Claim = { readonly deploymentId: string; readonly claimId: string; readonly at: string }

/**
 * Turns PauseRequested into InstancePaused, or abandons it: every edge has taken the route out and nothing is in flight, the
 * slot agrees, it is frozen and no bytes wait at its sockets. Ends by looking for a hit that came meanwhile.
 */
export const pause = async ({ deploymentId, claimId, at }: Claim, cause: Cause, on: Platform): Promise<void> => {
  const current = await on.instances.current(claimId)
  if (!current) return
  if (current.instance.status === 'paused' && current.event.metadata.causationId === cause.id) return asleep(current, at, on) // done before, perhaps without its end
  const { node } = current.instance
  if (current.instance.status !== 'pausing' || node === null) return
  const quiesced = await on.edges.quiesce({ deploymentId, claimId, sequence: current.position })
  if (quiesced.state === 'busy') return stayAwake(current, instance.abandonPause, quiesced.reason, cause, on)
  const frozen = await orLost(() => on.agents.freeze(node, claimId), current, cause, on)
  if (frozen === null) return wakeIfHit({ deploymentId, claimId, after: at }, on)
  if (frozen.state === 'busy') return stayAwake(current, instance.abandonPause, frozen.reason, cause, on)

  await wakeDueAt({ deploymentId, claimId, dueAt: frozen.dueAt }, cause, on) // first: no event keeps it
  const fact = { at: now(on), requests: quiesced.requests }
  const paused = await on.instances.changeLoaded(current, (today) => instance.paused(fact, today), cause.id, cause.metadata)
  // the pause was abandoned by another delivery while this one froze the slot
  if (paused?.instance.status === 'running') await on.agents.thaw(node, claimId)
  if (paused) await asleep(paused, at, on)
}

const asleep = async (paused: LoadedInstance, after: string, on: Platform): Promise<void> => {
  await on.routes.put(routeOfInstance(paused))
  await wakeIfHit({ ...paused.instance, after }, on)
}
