import { createHash } from 'node:crypto'
import type { InstanceEvent } from '../../events/instance/events.ts'
import { holdsSlot } from '../../events/instance/state.ts'
import type { Message } from '../../events/messages.ts'
import type { SweepEvent } from '../../events/sweep/events.ts'
import { caused } from '../../infra/aggregates/append.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { onEvent } from '../../infra/functions/on-event.ts'
import { platform } from '../../infra/platform/connect.ts'
import { now, type Platform } from '../../infra/platform/port.ts'

type Heard = Extract<InstanceEvent | Message, { type: 'InstanceStarted' | 'SweepDue' }>

/**
 * Deletes from the store what nobody needs of a record, which its slot may not: once in each round, from a record's first claim on
 * until it sleeps and nothing more is to be expected (docs/decisions/0033). What a claim writes is found in the rounds after it.
 */
export const sweep = async (event: Heard, cause: Cause, on: Platform): Promise<void> => {
  const { deploymentId } = event.data
  const timer = `sweep.${deploymentId}`
  const { deployment, instance } = await on.deployments.load(deploymentId)
  if (deployment.wanted === 'deleted') return // everything goes anyway (functions/retire)
  // first: whatever becomes of this round there is a next one
  await on.timers.schedule(timer, nextRound(deploymentId, now(on), on.settings.sweepEveryMs), { type: 'SweepDue', data: { deploymentId } }, cause.metadata)
  if (event.type === 'InstanceStarted') return

  const swept = await on.storage.sweep(deploymentId)
  if (swept.state === 'unsure') on.log.warn({ deploymentId, reason: swept.reason }, 'a record is not swept')
  else if (swept.objects > 0) {
    const told: SweepEvent = { type: 'RecordSwept', data: { deploymentId, objects: swept.objects, bytes: swept.bytes, at: now(on) } }
    await on.store.append(`sweep.${deploymentId}`, caused([told], cause.id, cause.metadata), 'any')
  }
  const isWritten = instance !== null && holdsSlot(instance.instance)
  if (!isWritten && (swept.state === 'unsure' || swept.waiting === 0)) await on.timers.cancel(timer)
}

/**
 * The rounds of a record are at fixed times, so that however often it wakes none is put off, and whoever asks again asks for the same;
 * those of different records are spread.
 */
const nextRound = (deploymentId: string, after: string, everyMs: number): string => {
  const offset = createHash('sha256').update(deploymentId).digest().readUInt32BE() % everyMs
  return new Date((Math.floor((Date.parse(after) - offset) / everyMs) + 1) * everyMs + offset).toISOString()
}

export default onEvent(['InstanceStarted', 'SweepDue'], sweep, platform)
