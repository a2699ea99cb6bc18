import { setTimeout as sleep } from 'node:timers/promises'
import * as instance from '../../events/instance/decide.ts'
import { holdsSlot } from '../../events/instance/state.ts'
import { isFailure } from '../../events/errors.ts'
import type { Released } from '../agent/port.ts'
import type { LoadedInstance } from '../aggregates/instances.ts'
import type { Cause } from '../functions/cause.ts'
import { now, type Platform } from '../platform/port.ts'
import { leaseHasEnded } from './vanished.ts'

export type HandOver = {
  readonly reason: instance.ReleaseReason
  /** Position of the event that asks for the claim that follows: only a later route brings visitors on. */
  readonly sequence: string
  /** Whether what is in flight may go on, and it is tried again later; else it is cut off when a moment has passed. */
  readonly patient: boolean
}

/**
 * How long visitors wait at the edges for what is in flight to end: a moment where it is tried again, and longer where the rest is cut
 * off. Milliseconds.
 */
const HOLD_MS = 1_000
const LAST_HOLD_MS = 2_000
/** A slot hears of the end of an answer a moment after the edge does. */
const QUIET_WITHIN_MS = 100
const LOOK_EVERY_MS = 10

/**
 * Gives back the slot of a claim that another one follows, without a request lost: every edge holds new requests at its waker, what
 * is in flight ends, the agent lets the slot go, and that is an event. The held ones are let on by the route of the claim that
 * follows. Resolves to null when that is done (or was), else to why it is busy; its visitors have it back then. Runs twice without harm.
 * @throws AGENT_UNAVAILABLE
 */
export const handOver = async (loaded: LoadedInstance, { reason, sequence, patient }: HandOver, cause: Cause, on: Platform): Promise<string | null> => {
  const { deploymentId, claimId, node } = loaded.instance
  if (!holdsSlot(loaded.instance) || node === null) return null
  const withinMs = patient ? HOLD_MS : LAST_HOLD_MS
  const held = await on.edges.hold({ deploymentId, claimId, sequence }, { withinMs, keep: !patient })
  if (held.state === 'busy' && patient) return held.reason
  const released = await letGo(node, claimId, held.state === 'busy' ? 0 : patient ? QUIET_WITHIN_MS : withinMs, on)
  if (!released) return lose(loaded, node, cause, on)
  if (released.state === 'busy' && patient) {
    await on.edges.restore({ deploymentId, claimId })
    return released.reason
  }
  if (released.state === 'busy') await on.agents.release(node, claimId, { force: true })
  const cutOff = held.state === 'busy' ? held.reason : released.state === 'busy' ? released.reason : null
  if (cutOff !== null) on.log.warn({ deploymentId, claimId, cutOff }, 'what had not ended in time was cut off: another slot takes over')
  const requests = held.state === 'quiesced' ? held.requests : 0
  await on.instances.change(claimId, (today) => instance.released({ reason, requests, cutOff, at: now(on) }, today), cause.id, cause.metadata)
  return null
}

/** Asks its agent until the slot is quiet too: it hears of the end of an answer a moment later than the edge. Null where the node is lost, and every lease with it. */
const letGo = async (node: string, claimId: string, withinMs: number, on: Platform): Promise<Released | null> => {
  const until = performance.now() + withinMs
  for (;;) {
    const released = await on.agents.release(node, claimId, { force: false }).catch(async (error: unknown) => {
      if (!isFailure(error, 'AGENT_UNAVAILABLE') || !(await leaseHasEnded(node, on))) throw error
      return null
    })
    if (!released || released.state === 'released' || performance.now() >= until) return released
    await sleep(LOOK_EVERY_MS)
  }
}

const lose = async ({ instance: { claimId } }: LoadedInstance, node: string, cause: Cause, on: Platform): Promise<null> => {
  await on.instances.change(claimId, (today) => instance.lost(`its node ${node} is gone`, { at: now(on), cause: 'node' }, today), cause.id, cause.metadata)
  return null
}
