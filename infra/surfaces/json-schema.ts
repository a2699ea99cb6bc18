import { z } from 'zod'

/** JSON Schema 2020-12, which is what OpenAPI 3.1 and AsyncAPI 3 hold. */
export type JsonSchema = { readonly [keyword: string]: unknown }
export type Told = {
  readonly schema: JsonSchema
  /** Schemas that have a name (`.meta({ id })`), referred to as `#/components/schemas/<name>`. */
  readonly named: Readonly<Record<string, JsonSchema>>
}

/**
 * A zod schema as JSON Schema: `input` as it is sent, `output` as it is answered. Answers may grow fields, so that what is not listed
 * is not forbidden in them. A format says it without the pattern, which differs with the release of zod.
 */
export const toJsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Told => {
  const { properties, $defs } = z.toJSONSchema(z.object({ it: schema }), {
    io,
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  return pointingAtComponents({ schema: (properties?.['it'] ?? {}) as JsonSchema, named: ($defs ?? {}) as Told['named'] })
}

const pointingAtComponents = (told: Told): Told => JSON.parse(JSON.stringify(told).replaceAll('"#/$defs/', '"#/components/schemas/')) as Told
