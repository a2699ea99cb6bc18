import * as decide from '../../events/parked/decide.ts'
import type { ParkedEvent } from '../../events/parked/events.ts'
import type { Letter } from '../../events/parked/state.ts'
import { lettersOf } from '../../infra/aggregates/letters.ts'
import { asked } from '../../infra/functions/asked.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { now, type Platform } from '../../infra/platform/port.ts'
import { listLetters } from '../../projections/parked/queries.ts'
import type { ManyBody, OneBody } from './bodies.ts'
import { answer, represent } from './representation.ts'

type Decision = (command: { readonly at: string; readonly reason?: string | undefined }, letter: Letter) => ParkedEvent[]

/**
 * A command on one letter: 202 and the letter as it is then. A redrive is done by the dispatcher, a moment later.
 * @throws LETTER_NOT_FOUND, LETTER_STATE, IDEMPOTENCY_KEY_REUSED
 */
const one = (decision: Decision) => async (request: HttpRequest<{ readonly id: string }, OneBody, unknown>, platform: Platform): Promise<HttpReply> => {
  const { cause, metadata } = asked(request, 'parked')
  const command = { at: now(platform), ...request.body }
  return answer(202, represent(await lettersOf(platform.store).change(request.params.id, (letter) => decision(command, letter), cause, metadata)))
}

/**
 * The same on all letters that a filter finds, those parked last first. One call takes 1,000 at most; `next` is the cursor to go on with,
 * null when all are done. `changed` counts those that it asked for, `skipped` those that somebody else changed meanwhile.
 * Asking again is harmless: what is on its way is no longer found. @throws INVALID_FIELD, READ_MODEL_UNAVAILABLE, STORE_UNAVAILABLE
 */
const many = (decision: Decision) => async (request: HttpRequest<unknown, ManyBody, unknown>, platform: Platform): Promise<HttpReply> => {
  const { filter, limit, reason } = request.body
  const { cause, metadata } = asked(request, 'parked')
  const command = { at: now(platform), reason }
  const letters = lettersOf(platform.store)
  // the read model may be behind: what somebody discarded a moment ago is not redriven for it
  const decideAsFound = (letter: Letter) => (letter.state === filter.state ? decision(command, letter) : [])
  const done = { changed: 0, skipped: 0 }
  let next: string | null = request.body.cursor ?? null
  do {
    const left = limit - done.changed - done.skipped
    const page = await listLetters(platform.readModels, filter, { cursor: next ?? undefined, limit: Math.min(left, PAGE) })
    for (const some of chunks(page.items, AT_ONCE)) {
      const results = await Promise.all(some.map(({ id }) => letters.change(id, decideAsFound, cause, metadata)))
      for (const { changed } of results) done[changed ? 'changed' : 'skipped'] += 1
    }
    next = page.next
  } while (next !== null && done.changed + done.skipped < limit)
  return answer(202, { ...done, next })
}

const PAGE = 200
/** Appends under way at the same time. */
const AT_ONCE = 16

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))

export const redrive = one(decide.redrive)
export const discard = one(decide.discard)
export const redriveMany = many(decide.redrive)
export const discardMany = many(decide.discard)
