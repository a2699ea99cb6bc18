import * as instance from '../../events/instance/decide.ts'
import { holdsSlot } from '../../events/instance/state.ts'
import { failure, isFailure } from '../../events/errors.ts'
import type { LoadedInstance } from '../aggregates/instances.ts'
import type { Cause } from '../functions/cause.ts'
import { now, type Platform } from '../platform/port.ts'
import { leaseHasEnded } from './vanished.ts'

/** From this attempt on what is still in flight is cut off: the attempts before gave it about ten seconds. */
const FORCED_FROM_ATTEMPT = 6

/**
 * Gives a claim's slot back: no edge routes to it any more, nothing is in flight, the agent has let it go, and that is an event.
 * Does nothing when it holds none. Of a node that is lost and whose leases have surely ended, that is as good as a release: the
 * instance was lost with it. Runs twice without harm.
 * @throws EDGE_UNAVAILABLE, AGENT_UNAVAILABLE (transient: delivered again, in the end by force)
 */
export const releaseClaim = async (
  loaded: LoadedInstance, reason: 'stop' | 'restart' | 'delete' | 'superseded', cause: Cause, platform: Platform,
): Promise<void> => {
  const { deploymentId, claimId, node } = loaded.instance
  if (!holdsSlot(loaded.instance) || node === null) return
  const force = cause.attempt >= FORCED_FROM_ATTEMPT
  const quiesced = await platform.edges.quiesce({ deploymentId, claimId, sequence: loaded.position })
  if (quiesced.state === 'busy' && !force) throw failure('EDGE_UNAVAILABLE', { reason: quiesced.reason })
  const released = await platform.agents.release(node, claimId, { force }).catch(async (error: unknown) => {
    if (!isFailure(error, 'AGENT_UNAVAILABLE') || !(await leaseHasEnded(node, platform))) throw error
    return null
  })
  if (!released) return void (await platform.instances.change(claimId, (current) => instance.lost(`its node ${node} is gone`, { at: now(platform), cause: 'node' }, current), cause.id, cause.metadata))
  if (released.state === 'busy') throw failure('AGENT_UNAVAILABLE', { node, reason: released.reason })
  const requests = quiesced.state === 'quiesced' ? quiesced.requests : 0
  await platform.instances.change(claimId, (current) => instance.released({ reason, requests, at: now(platform) }, current), cause.id, cause.metadata)
}
