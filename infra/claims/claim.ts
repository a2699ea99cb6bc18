import { failure, isFailure, kindOf } from '../../events/errors.ts'
import type { Claimed, ClaimRequest } from '../agent/port.ts'
import type { Platform } from '../platform/port.ts'

/**
 * Claims a warm slot on the least loaded node that takes it; a node that refuses is passed over.
 * @throws NO_SLOT_FREE when none takes it
 */
export const claimSlot = async (request: ClaimRequest, { agents, log }: Platform): Promise<Claimed> => {
  for (const { node } of agents.candidates(request.plan)) {
    try {
      return await agents.claim(node, request)
    } catch (error) {
      if (kindOf(error) !== 'transient') throw error
      log.warn({ node, claimId: request.claimId, reason: String(error) }, isFailure(error, 'NO_SLOT_FREE') ? 'node is full' : 'node did not claim')
    }
  }
  throw failure('NO_SLOT_FREE', { retryAfterSeconds: 5 })
}
