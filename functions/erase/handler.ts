import { completeErasure, isCompleted } from '../../events/erasure/decide.ts'
import { erasureStream, type ErasureEvent } from '../../events/erasure/events.ts'
import type { Message } from '../../events/messages.ts'
import { caused, untilNoConflict } from '../../infra/aggregates/append.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { onEvent } from '../../infra/functions/on-event.ts'
import { platform } from '../../infra/platform/connect.ts'
import { later, now, type Platform } from '../../infra/platform/port.ts'

type Heard = Extract<ErasureEvent | Message, { type: 'ErasureRequested' | 'EraseDue' }>

/** Until it is done it is tried again so often, whatever became of the attempt before. A slot writes its index anew when enough has changed. */
const AGAIN_AFTER_MS = 10 * 60_000

/**
 * Takes the content of an object that its slot has erased out of the store, where slots may delete nothing. What waits for a newer index
 * is tried again; of a deployment that is deleted everything goes anyway (functions/retire). The slot hears of it by its agent.
 */
export const erase = async ({ data: { deploymentId, erasureId } }: Heard, cause: Cause, on: Platform): Promise<void> => {
  const stream = erasureStream(deploymentId, erasureId)
  const [history, { deployment }] = await Promise.all([on.store.read<ErasureEvent>(stream), on.deployments.load(deploymentId)])
  const requested = history.find((event) => event.type === 'ErasureRequested')
  if (!requested || isCompleted(history) || deployment.wanted === 'deleted') return
  const { object, commit } = requested.data
  const timer = `erase.${deploymentId}-${erasureId}`
  await on.timers.schedule(timer, later(now(on), AGAIN_AFTER_MS), { type: 'EraseDue', data: { deploymentId, erasureId } }, cause.metadata)
  const redacted = await on.storage.redact({ deploymentId, object, commit })
  if (redacted.state === 'waits') return on.log.info({ deploymentId, erasureId, reason: redacted.reason }, 'an erasure waits')
  const { commits, objects } = redacted
  await untilNoConflict(async () => {
    const today = await on.store.read<ErasureEvent>(stream)
    const events = caused(completeErasure({ deploymentId, erasureId, commits, objects, at: now(on) }, today), cause.id, cause.metadata)
    if (events.length > 0) await on.store.append(stream, events, today.at(-1)?.revision ?? 'none')
  })
  await on.timers.cancel(timer)
}

export default onEvent(['ErasureRequested', 'EraseDue'], erase, platform)
