import { z } from 'zod'
import { failure, type CatalogueError } from '../../events/errors.ts'
import type { FunctionEvent } from './handler.ts'
import { isJson, parseJson, sentence } from './json.ts'

/** Parses input of people against a schema; names the first field that is wrong. @throws UNKNOWN_FIELD, INVALID_FIELD */
export const parseInput = <T>(schema: z.ZodType<T>, input: unknown): T => {
  const result = schema.safeParse(input)
  if (!result.success) throw refusalOf(schema, result.error)
  return result.data
}

/** The JSON body of a request; an empty one is `undefined` to the schema. @throws UNSUPPORTED_MEDIA_TYPE, MALFORMED_JSON, UNKNOWN_FIELD, INVALID_FIELD */
export const parseBody = <T>(schema: z.ZodType<T>, event: Pick<FunctionEvent, 'headers' | 'rawBody'>): T =>
  parseInput(schema, event.rawBody.length === 0 ? undefined : parseJson(requireJson(event)))

const requireJson = ({ headers, rawBody }: Pick<FunctionEvent, 'headers' | 'rawBody'>): Buffer => {
  const given = headers['content-type']
  if (!isJson(given)) throw failure('UNSUPPORTED_MEDIA_TYPE', { given: given ?? '(none)', expected: 'application/json' })
  return rawBody
}

const refusalOf = (schema: z.ZodType, { issues: [issue] }: z.ZodError): CatalogueError => {
  const path = issue?.path ?? []
  if (issue?.code === 'unrecognized_keys') {
    const field = fieldName([...path, issue.keys[0] ?? ''])
    return failure('UNKNOWN_FIELD', { field, known: fieldsAt(schema, path).join(', ') || 'none' })
  }
  return failure('INVALID_FIELD', { field: fieldName(path), reason: sentence(issue?.message ?? 'invalid') })
}

const fieldName = (path: readonly PropertyKey[]): string => path.map(String).join('.') || 'body'

const fieldsAt = (schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] => {
  const bare = unwrap(schema)
  const [key, ...rest] = path
  if (!(bare instanceof z.ZodObject)) return []
  if (key === undefined) return Object.keys(bare.shape)
  const shape: Readonly<Record<string, z.core.$ZodType>> = bare.shape
  const inner = shape[String(key)]
  return inner ? fieldsAt(inner, rest) : []
}

const unwrap = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable ? unwrap(schema.unwrap()) : schema
