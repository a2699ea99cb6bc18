import type { IncomingMessage } from 'node:http'
import type * as z from 'zod/mini'
import { invalidBody } from './api-error.ts'
import { PLAIN_OR_LD, readBody } from './body.ts'
import { parseJson } from '../json-ld/reader.ts'

/** A plain JSON body of the holder's API, as `schema` has it. @param limit bytes @throws ApiError 400 naming the first wrong field, 413, 415, 503 */
export const readPlainJson = async <T extends z.ZodMiniType>(request: IncomingMessage, limit: number, schema: T): Promise<z.output<T>> => {
  const parsed = schema.safeParse(parseJson(await readBody(request, limit, PLAIN_OR_LD)))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalidBody(`${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'is not as it should be'}.`)
}
