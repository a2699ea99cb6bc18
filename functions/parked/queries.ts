import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { lettersOf } from '../../infra/aggregates/letters.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { listLetters } from '../../projections/parked/queries.ts'
import type { ListQuery } from './bodies.ts'
import { answer, historyOf, represent } from './representation.ts'

/** GET /: from the read model, those parked last first. @throws INVALID_FIELD, UNKNOWN_FIELD, READ_MODEL_UNAVAILABLE */
export const list = async ({ query }: HttpRequest<unknown, undefined, ListQuery>, { readModels }: Platform): Promise<HttpReply> => {
  const { cursor, limit, ...filter } = query
  return answer(200, await listLetters(readModels, filter, { cursor, limit }))
}

/** GET /:id: folded from the stream, with its payload and its history. @throws LETTER_NOT_FOUND */
export const show = async ({ params }: HttpRequest<{ readonly id: string }, undefined, unknown>, { store, payloads }: Platform): Promise<HttpReply> => {
  const loaded = await lettersOf(store).load(params.id)
  return answer(200, { ...represent(loaded), payload: await payloads.show(loaded.letter), history: historyOf(loaded) })
}
