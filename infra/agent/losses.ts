import { setTimeout as pause } from 'node:timers/promises'
import { currentClaim } from '../../events/deployment/state.ts'
import type { Metadata } from '../../events/envelope.ts'
import * as instance from '../../events/instance/decide.ts'
import { slotLost } from '../../events/node/decide.ts'
import { caused } from '../aggregates/append.ts'
import { deploymentsOf } from '../aggregates/deployments.ts'
import { instancesOf } from '../aggregates/instances.ts'
import { routeOfInstance } from '../claims/route.ts'
import type { EventStore } from '../event-store/port.ts'
import { derivedId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Routes } from '../routes/port.ts'
import type { Remains } from './runtime.ts'

export type LossesOptions = { readonly node: string; readonly store: EventStore; readonly routes: Pick<Routes, 'put'>; readonly log: Log }

/** Slots that died by themselves become events: what is left of one stays on disk until its event is stored. */
export type Losses = {
  /** Tells it until it is stored, also through a broker that is away. Rejects never. */
  tell(remains: Remains): void
  /** Resolves when the loss of a claim is told, or after a moment all the same; at once when none is under way. */
  told(claimId: string): Promise<void>
  /** Tells no more; what is left on disk is told by the next agent. */
  stop(): void
}

const RETRY_MS = 500
/** A claim whose slot died before its first event: that may still come, for so long, milliseconds. */
const BEGINS_WITHIN_MS = 60_000
const TOLD_WITHIN_MS = 2_000

export const tellLosses = ({ node, store, routes, log }: LossesOptions): Losses => {
  const [deployments, instances] = [deploymentsOf(store), instancesOf(store)]
  const telling = new Map<string, Promise<void>>()
  const ending = new AbortController()

  /** Whether there is nothing left to say. */
  const tellClaimed = async ({ slot, owner, reason, cause: died, output }: Remains & { readonly owner: { readonly claimId: string; readonly deploymentId: string } }): Promise<boolean> => {
    const { claimId, deploymentId } = owner
    const { cause, metadata } = causeOf(node, slot)
    const at = new Date().toISOString()
    const lost = await instances.change(claimId, (today) => (today.slot === slot && today.node === node ? instance.lost(reason, { at, cause: died, output }, today) : []), cause, metadata)
    if (!lost) return false
    const today = await deployments.find(deploymentId)
    // the route of a later claim is not for this one to write
    if (lost.instance.status === 'lost' && today && currentClaim(today.deployment) === claimId) await routes.put(routeOfInstance(lost))
    return true
  }
  const tellSpare = async ({ slot, plan, reason, output }: Remains): Promise<void> => {
    const { cause, metadata } = causeOf(node, slot)
    await store.append(`node.${node}`, caused(slotLost({ node, slot, plan, reason, output, at: new Date().toISOString() }), cause, metadata), 'any')
  }
  const tellOnce = async (remains: Remains): Promise<boolean> => {
    const { owner } = remains
    if (owner) return tellClaimed({ ...remains, owner })
    await tellSpare(remains)
    return true
  }

  const persist = async (remains: Remains): Promise<void> => {
    const { slot, owner, reason } = remains
    log.warn({ slot, claimId: owner?.claimId, reason }, 'a slot is lost')
    const begun = Date.now()
    while (!ending.signal.aborted) {
      try {
        if ((await tellOnce(remains)) || Date.now() - begun > BEGINS_WITHIN_MS) return await remains.forget()
      } catch (error) {
        log.warn({ slot, reason: String(error) }, 'the loss of a slot is not stored yet; trying again')
      }
      await pause(RETRY_MS, undefined, { signal: ending.signal }).catch(() => undefined) // told to end
    }
  }

  return {
    tell: (remains) => {
      const key = remains.owner?.claimId ?? remains.slot
      telling.set(key, persist(remains).catch((error: unknown) => log.error({ slot: remains.slot, err: error }, 'what is left of a slot cannot be forgotten')).finally(() => telling.delete(key)))
    },
    told: async (claimId) => {
      await Promise.race([telling.get(claimId), telling.has(claimId) ? pause(TOLD_WITHIN_MS, undefined, { ref: false }) : undefined])
    },
    stop: () => ending.abort(),
  }
}

/** The same slot dies once: told again by another agent it is the same event. */
const causeOf = (node: string, slot: string): { readonly cause: string; readonly metadata: Metadata } => {
  const cause = derivedId('slot lost', node, slot)
  return { cause, metadata: { correlationId: cause, actor: `agent:${node}` } }
}
