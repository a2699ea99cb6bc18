import fc from 'fast-check'
import type { Schema } from './document.ts'

/** Values that are as a JSON Schema wants them, nearly so, or not at all. */

/** For properties of these names, so that some are right in ways which a schema does not say. */
export type Hints = Readonly<Record<string, fc.Arbitrary<unknown>>>

/** Texts that go wrong somewhere: where they are kept, compared, shown, or put into a path, a header, a query or a pattern. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '', ' ', '\0', 'a\0b', '\ud800', 'x\udc00', '\u202e', '\ufeff', '\ufffe', 'ﬀ', 'İ', '😀'.repeat(40), '\r\nX-Injected: 1', '\n', '%00', '%2e%2e%2f', '../../etc/passwd', '*', '>', 'a.b', '$', '{}', '[object Object]', '__proto__',
    'constructor', "'; drop table deployments; --", '<script>alert(1)</script>', '${jndi:ldap://127.0.0.1/x}', 'NaN', 'null', 'true', '-0', '1e999', '9'.repeat(400), 'x'.repeat(5_000), '0000-01-01T00:00:00Z', '294277-01-01T00:00:00Z',
  ),
  fc.string(), fc.string({ unit: 'binary', maxLength: 60 }),
)

const oddNumber = fc.constantFrom(0, -0, -1, 0.1, 1e-7, 1e308, -1e308, 2 ** 31, 2 ** 53, -(2 ** 63), 1e21, 3.5)
export const odd: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: oddText },
  { weight: 2, arbitrary: oddNumber },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [null], { $ne: null }, { length: 1e9 }) },
  fc.jsonValue({ maxDepth: 3 }),
)

/** What the schema takes: the part of JSON Schema that zod writes. */
export const fromSchema = (schema: Schema, hints: Hints): fc.Arbitrary<unknown> => {
  const of = (inner: unknown): fc.Arbitrary<unknown> => fromSchema((inner ?? {}) as Schema, hints)
  if ('const' in schema) return fc.constant(schema['const'])
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]))
  const choices = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined
  if (choices) return fc.oneof(...choices.map(of))
  switch (Array.isArray(schema['type']) ? schema['type'][0] : schema['type']) {
    case 'object': return objects(schema, hints)
    case 'array': return fc.array(of(schema['items']), { minLength: numberIn(schema, 'minItems', 0), maxLength: Math.min(numberIn(schema, 'maxItems', 4), 8) })
    case 'string': return texts(schema)
    case 'integer': return fc.integer({ min: numberIn(schema, 'minimum', -1_000), max: numberIn(schema, 'maximum', 1_000_000) })
    case 'number': return fc.double({ min: numberIn(schema, 'minimum', -1_000), max: numberIn(schema, 'maximum', 1_000_000), noNaN: true })
    case 'boolean': return fc.boolean()
    case 'null': return fc.constant(null)
    default: return fc.jsonValue({ maxDepth: 1 })
  }
}

const objects = (schema: Schema, hints: Hints): fc.Arbitrary<unknown> => {
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>)
  const required = (schema['required'] ?? []) as string[]
  return fc.record(Object.fromEntries(properties.map(([name, inner]) => [name, hints[name] ?? fromSchema(inner, hints)])), { requiredKeys: required })
}

const texts = (schema: Schema): fc.Arbitrary<string> => {
  const [minLength, maxLength] = [numberIn(schema, 'minLength', 0), Math.min(numberIn(schema, 'maxLength', 30), 300)]
  if (schema['format'] === 'date-time') return fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString())
  // a pattern here only forbids; what is printable passes it
  return fc.string({ unit: 'grapheme-ascii', minLength, maxLength: Math.max(minLength, maxLength) })
}

const numberIn = (schema: Schema, key: string, otherwise: number): number => (typeof schema[key] === 'number' ? schema[key] : otherwise)

/** A value with one thing in it wrong: of another kind, missing, or one too many. */
export const nearly = (value: unknown): fc.Arbitrary<unknown> => {
  if (Array.isArray(value)) return fc.oneof(odd, odd.map((more) => [...(value as unknown[]), more]), fc.constant(Array.from({ length: 300 }, () => (value as unknown[])[0] ?? null)))
  if (typeof value !== 'object' || value === null) return odd
  const entries = Object.entries(value)
  const strange = fc.tuple(fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', '', 'owner', 'id', 'Name', '\0'), fc.string()), odd).map(([key, more]) => Object.fromEntries([...entries, [key, more]]))
  if (entries.length === 0) return fc.oneof(odd, strange)
  const at = fc.nat({ max: entries.length - 1 })
  const without = at.map((index) => Object.fromEntries(entries.filter((_, each) => each !== index)))
  const changed = at.chain((index) => nearly(entries[index]?.[1]).map((other) => Object.fromEntries(entries.map(([key, each], place) => [key, place === index ? other : each]))))
  return fc.oneof({ weight: 1, arbitrary: odd }, { weight: 2, arbitrary: strange }, { weight: 2, arbitrary: without }, { weight: 5, arbitrary: changed })
}
