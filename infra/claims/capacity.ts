import * as decide from '../../events/capacity/decide.ts'
import type { CapacityEvent } from '../../events/capacity/events.ts'
import { planSchema, type Plan } from '../../events/deployment/settings.ts'
import { isFailure } from '../../events/errors.ts'
import { caused } from '../aggregates/append.ts'
import type { Cause } from '../functions/cause.ts'
import { derivedId } from '../ids.ts'
import { now, type Platform } from '../platform/port.ts'

type By = Pick<Cause, 'id' | 'metadata'>

/** No node took a claim: an event, once, until there are slots again. Rejects never: it is told with the next one. */
export const tellExhausted = (plan: Plan, refusals: readonly decide.Refusal[], by: By, on: Platform): Promise<void> =>
  tell(plan, (newest) => decide.exhausted({ plan, refusals, at: now(on) }, newest), by, on)

/** Where there were none: that there are free slots again. Rejects never. */
export const tellFreeAgain = async (by: By, on: Platform): Promise<void> => {
  const offered = planSchema.options.filter((plan) => on.agents.candidates(plan).some(({ free }) => (free[plan] ?? 0) > 0))
  await Promise.all(offered.map((plan) => tell(plan, (newest) => decide.freeAgain({ at: now(on) }, newest), by, on)))
}

const tell = async (plan: Plan, decision: (newest: CapacityEvent | null) => readonly CapacityEvent[], { id, metadata }: By, on: Platform): Promise<void> => {
  const stream = `capacity.${plan}` as const
  try {
    const newest = await on.store.last<CapacityEvent>(stream)
    const events = caused(decision(newest), derivedId(id, stream, String(newest?.revision ?? 'none')), metadata)
    if (events.length > 0) await on.store.append(stream, events, newest?.revision ?? 'none')
  } catch (error) {
    if (!isFailure(error, 'WRONG_EXPECTED_REVISION')) on.log.warn({ plan, reason: String(error) }, 'whether there are slots could not be stored')
  }
}
