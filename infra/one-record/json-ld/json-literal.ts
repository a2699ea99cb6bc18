import { invalidBody } from '../http/api-error.ts'
import type { Literal } from './graph.ts'
import { isExact } from './parse-json.ts'

const RDF_JSON = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON'

/**
 * A JSON literal as RDF has it: its canonical text (JSON-LD 1.1 API, section 8.6; RFC 8785). @param levels of nesting at most
 * @throws ApiError 400
 */
export const jsonLiteral = (value: unknown, levels: number): Literal => {
  if (value === undefined) throw invalidBody('A JSON literal has no @value.')
  return { kind: 'literal', value: canonical(value, levels), datatype: RDF_JSON, language: null }
}

const canonical = (value: unknown, levels: number): string => {
  if (levels < 0) throw invalidBody('A JSON literal is nested too deeply.')
  if (isExact(value)) return String(Number(value['@value']))
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalidBody('A number is too large.')
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, levels - 1)).join(',')}]`
  // by UTF-16 code units, as JavaScript compares strings
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, levels - 1)}`).join(',')}}`
}
