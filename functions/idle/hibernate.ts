import * as instance from '../../events/instance/decide.ts'
import type { LoadedInstance } from '../../infra/aggregates/instances.ts'
import { wakeDueAt, wakeIfHit } from '../../infra/claims/look-again.ts'
import { routeOfInstance } from '../../infra/claims/route.ts'
import { stayAwake } from '../../infra/claims/stay-awake.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { now, type Platform } from '../../infra/platform/port.ts'

type Claim = { readonly deploymentId: string; readonly claimId: string; readonly at: string }

/** The second threshold was crossed, unless it was awake in between. */
export const requestHibernation = async ({ claimId, pausedSince }: { readonly claimId: string; readonly pausedSince: string }, cause: Cause, on: Platform): Promise<void> => {
  await on.instances.change(
    claimId,
    (today) => (today.status === 'paused' && today.since === pausedSince ? instance.requestHibernation({ reason: 'idle', at: now(on) }, today) : []),
    cause.id, cause.metadata,
  )
}

/** Turns HibernateRequested into InstanceHibernated (the slot is given up), or abandons it and is running again. */
export const hibernate = async ({ deploymentId, claimId, at }: Claim, cause: Cause, on: Platform): Promise<void> => {
  const current = await on.instances.current(claimId)
  if (!current) return
  if (current.instance.status === 'hibernated' && current.event.metadata.causationId === cause.id) return asleep(current, at, on) // done before, perhaps without its end
  if (current.instance.status !== 'hibernating' || current.instance.node === null) return
  const quiesced = await on.edges.quiesce({ deploymentId, claimId, sequence: current.position })
  if (quiesced.state === 'busy') return stayAwake(current, instance.abandonHibernation, quiesced.reason, cause, on)
  const released = await on.agents.release(current.instance.node, claimId, { force: false })
  if (released.state === 'busy') return stayAwake(current, instance.abandonHibernation, released.reason, cause, on)

  await wakeDueAt({ deploymentId, claimId, dueAt: released.dueAt }, cause, on) // first: no event keeps it
  const fact = { at: now(on), requests: quiesced.requests }
  const hibernated = await on.instances.changeLoaded(current, (today) => instance.hibernated(fact, today), cause.id, cause.metadata)
  if (hibernated) await asleep(hibernated, at, on)
}

const asleep = async (hibernated: LoadedInstance, after: string, on: Platform): Promise<void> => {
  await on.routes.put(routeOfInstance(hibernated))
  await wakeIfHit({ ...hibernated.instance, after }, on)
}
