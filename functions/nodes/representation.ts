import type { z } from 'zod'
import type { Drain } from '../../events/drain/state.ts'
import type { usedSchema } from './answers.ts'

/** Whether a node is in use, as people see it. `held`: the claims it holds. */
export const shownDrain = (drain: Drain | null, held: number): z.input<typeof usedSchema>['drain'] =>
  drain && { state: drain.status, cause: drain.cause, requestedAt: drain.requestedAt, since: drain.since, left: held }
