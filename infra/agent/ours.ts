import { setTimeout as pause } from 'node:timers/promises'
import { holdsSlot } from '../../events/instance/state.ts'
import type { Instances } from '../aggregates/instances.ts'
import type { Log } from '../log.ts'
import type { SlotOwner } from './slot-records.ts'

export type OursOptions = { readonly node: string; readonly instances: Pick<Instances, 'current'>; readonly log: Log }

/** A claim and the slot of this node that was given to it. */
export type Held = { readonly claim: Pick<SlotOwner, 'claimId'>; readonly slot: { readonly id: string } }

const AT_ONCE = 64
const RETRY_MS = 500

/**
 * Those that history has given to somebody else or ended while this agent was not heard: a successor may serve already, so their
 * slots must not get another lease. A claim that has not begun is nobody else's. Tries until it knows, or until `signal` aborts.
 */
export const noLongerOurs = async <H extends Held>(held: readonly H[], { node, instances, log }: OursOptions, signal: AbortSignal): Promise<readonly H[]> => {
  const waiting = held.values()
  const lost: H[] = []
  const look = async () => {
    for (const one of waiting) if (await persist(() => isLost(one), log, signal)) lost.push(one)
  }
  const isLost = async ({ claim, slot }: H): Promise<boolean> => {
    const today = (await instances.current(claim.claimId))?.instance
    return today !== undefined && !(holdsSlot(today) && today.node === node && today.slot === slot.id)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, held.length) }, look))
  return lost
}

const persist = async (question: () => Promise<boolean>, log: Log, signal: AbortSignal): Promise<boolean> => {
  while (!signal.aborted) {
    try {
      return await question()
    } catch (error) {
      log.warn({ reason: String(error) }, 'it is not known yet whose a slot is; asking again')
      await pause(RETRY_MS, undefined, { signal }).catch(() => undefined) // told to end
    }
  }
  return false
}
