import { invalidBody } from '../http/api-error.ts'
import { XSD } from '../namespaces.ts'

/** Typed literals that parseJson made of numbers. */
const exactNumbers = new WeakSet<object>()
export type ExactNumber = { readonly '@value': string; readonly '@type': string }
const exactly = (source: string, datatype: string): ExactNumber => {
  const literal = { '@value': source, '@type': XSD + datatype }
  exactNumbers.add(literal)
  return literal
}
export const isExact = (value: unknown): value is ExactNumber => typeof value === 'object' && value !== null && exactNumbers.has(value)

/**
 * Parses JSON without losing digits: a number that no double holds becomes a typed literal with its text.
 * @throws ApiError 400 when it is not JSON
 */
export const parseJson = (text: string): unknown => {
  const exact = (_: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== 'number' || context?.source === undefined || Number.isSafeInteger(value)) return value
    const { source } = context
    if (/^-?\d+$/.test(source)) return exactly(source, 'integer')
    const digits = source.replace(/[eE].*/, '').replaceAll(/[-.]|^-?0+(?=\d)/g, '').length
    return digits > 15 ? exactly(source, 'double') : value
  }
  try {
    return /[\d.]{16}/.test(text) ? JSON.parse(text, exact) : JSON.parse(text)
  } catch (error) {
    throw invalidBody(`The body is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The same JSON without what only parseJson knows of: exact numbers as typed literals wherever they are. */
export const spelledOut = (json: unknown): unknown => {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(spelledOut)
  const entries = Object.entries(json).map(([key, value]) => [key, spelledOut(value)] as const)
  const value: unknown = '@value' in json ? json['@value'] : null
  return isExact(value) ? { ...value, ...Object.fromEntries(entries), '@value': value['@value'] } : Object.fromEntries(entries)
}

