import { failure, isFailure, kindOf } from '../../events/errors.ts'
import type { Claimed, ClaimRequest, ReserveRequest } from '../agent/port.ts'
import type { Cause } from '../functions/cause.ts'
import type { Platform } from '../platform/port.ts'
import { tellExhausted } from './capacity.ts'

type By = Pick<Cause, 'id' | 'metadata'>

/** Seconds until whoever found no slot may ask again: by then spares are made, or others have let theirs go. */
const AGAIN_AFTER_SECONDS = 5

/**
 * Claims a warm slot on the least loaded node that takes it; a node that refuses is passed over. `first`: the node to ask before all.
 * @throws NO_SLOT_FREE when none takes it
 */
export const claimSlot = (request: ClaimRequest, by: By, on: Platform, first: string | null = null): Promise<Claimed> =>
  onSomeNode(request, ({ agents }, node) => agents.claim(node, request), by, on, first)

/** Sets a warm slot aside on the least loaded node that does; resolves to which. @throws NO_SLOT_FREE when none does */
export const reserveSlot = (request: ReserveRequest, by: By, on: Platform): Promise<string> =>
  onSomeNode(request, async ({ agents }, node) => {
    await agents.reserve(node, request)
    return node
  }, by, on)

const onSomeNode = async <T>(request: ReserveRequest, ask: (on: Platform, node: string) => Promise<T>, by: By, on: Platform, first: string | null = null): Promise<T> => {
  const { deploymentId, plan } = request
  const refusals: { node: string; reason: string }[] = []
  const nodes = on.agents.candidates(plan).map(({ node }) => node)
  for (const node of first === null ? nodes : [first, ...nodes.filter((other) => other !== first)]) {
    try {
      return await ask(on, node)
    } catch (error) {
      if (kindOf(error) !== 'transient') throw error
      const reason = isFailure(error, 'NO_SLOT_FREE') ? String(error.details['reason'] ?? 'it has no warm slot') : String(error)
      refusals.push({ node, reason })
      on.log.warn({ node, deploymentId, reason }, isFailure(error, 'NO_SLOT_FREE') ? 'node is full' : 'node did not claim')
    }
  }
  await tellExhausted(plan, refusals, by, on)
  throw failure('NO_SLOT_FREE', { retryAfterSeconds: AGAIN_AFTER_SECONDS })
}
