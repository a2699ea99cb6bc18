import * as decide from '../../events/drain/decide.ts'
import { isFailure } from '../../events/errors.ts'
import type { Held } from '../../infra/agent/port.ts'
import { drainsOf } from '../../infra/aggregates/drains.ts'
import { leaseHasEnded } from '../../infra/claims/vanished.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { derivedId } from '../../infra/ids.ts'
import { later, now, type Platform } from '../../infra/platform/port.ts'
import { moveOff } from './move-off.ts'

/** How often the next steps are taken. Milliseconds. */
const STEP_MS = 1_000
/** While its agent does not answer: it comes back, or healing finds that it is lost. */
const AWAY_MS = 5_000

/**
 * The next steps of emptying a node: its agent hears of it, some of what it holds is moved, and when nothing is left that is an
 * event. The next look is set before this one begins: it comes whatever this one meets. A node that is in use again, or empty, ends
 * it; a claim that was on its way to it when it was found empty is moved too. Decides from what its agent holds now; runs twice without
 * harm.
 */
export const drain = async (node: string, cause: Cause, on: Platform): Promise<void> => {
  const today = await drainsOf(on.store).current(node)
  if (today?.status === 'draining') await look(node, STEP_MS, cause, on)
  const held = await heldBy(node, on)
  if (!today) return // its agent has heard that it is in use again, or hears of it when it comes back
  if (held === null) return look(node, AWAY_MS, cause, on)
  if (held.length === 0) return close(node, cause, on)
  if (today.status === 'drained') await look(node, STEP_MS, cause, on)
  await moveSome(held, cause, on)
}

const look = (node: string, afterMs: number, cause: Cause, on: Platform): Promise<void> =>
  on.timers.schedule(`drain.${node}`, later(now(on), afterMs), { type: 'DrainDue', data: { node } }, cause.metadata)

/** All its agent holds, having heard whether it is drained; nothing of one that is lost for good; null of one that does not answer. */
const heldBy = async (node: string, on: Platform): Promise<readonly Held[] | null> => {
  try {
    await on.agents.drain(node)
    return await on.agents.claims(node)
  } catch (error) {
    if (!isFailure(error, 'AGENT_UNAVAILABLE')) throw error
    return (await leaseHasEnded(node, on)) ? [] : null
  }
}

/** As many at the same time as may be; of the others those that sleep first, since they cost next to nothing. */
const moveSome = async (held: readonly Held[], cause: Cause, on: Platform): Promise<void> => {
  let left = on.settings.moves.atOnce
  for (const { claimId, deploymentId, state } of held.toSorted((a, b) => Number(b.state === 'frozen') - Number(a.state === 'frozen'))) {
    if (left <= 0) return
    const moved = await moveOff({ claimId, deploymentId, reason: 'drain' }, cause, on).catch((error: unknown) => {
      on.log.warn({ deploymentId, claimId, err: error }, 'a deployment could not be moved off a drained node now')
      return 'between' as const
    })
    if (moved === 'moving' || (moved === 'asked' && state === 'running')) left -= 1
  }
}

const close = async (node: string, cause: Cause, on: Platform): Promise<void> => {
  // its operator may have changed their mind just now
  await drainsOf(on.store).change(node, (drain) => decide.drained({ at: now(on) }, drain), derivedId(cause.id, 'drained'), cause.metadata)
}
