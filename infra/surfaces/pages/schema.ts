import type { JsonSchema } from '../json-schema.ts'
import { html, inline, type Html } from './html.ts'

type Shape = {
  readonly type?: string | readonly string[]; readonly enum?: readonly unknown[]; readonly const?: unknown; readonly format?: string; readonly pattern?: string; readonly $ref?: string; readonly default?: unknown
  readonly description?: string; readonly properties?: Readonly<Record<string, JsonSchema>>; readonly required?: readonly string[]; readonly items?: JsonSchema; readonly additionalProperties?: JsonSchema | boolean
  readonly anyOf?: readonly JsonSchema[]; readonly oneOf?: readonly JsonSchema[]; readonly minimum?: number; readonly maximum?: number; readonly minLength?: number; readonly maxLength?: number
  readonly exclusiveMinimum?: number; readonly minItems?: number; readonly maxItems?: number; readonly title?: string
}

/** Where a named schema is shown on the page. */
export const anchorOf = (ref: string): string => `schema-${ref.slice(ref.lastIndexOf('/') + 1)}`

/** A schema as people read it: its kind, and below it the fields it has. */
export const schemaView = (schema: JsonSchema): Html => html`<p class="kind">${kindOf(schema)}</p>${fieldsOf(schema)}`

/** Fields of an object, of the items of a list, of what may be null: one level after the other. */
export const fieldsOf = (schema: JsonSchema): Html => {
  const { properties, required = [], items, anyOf = [], oneOf = [] } = schema as Shape
  if (items) return fieldsOf(items)
  const choices = [...anyOf, ...oneOf].filter((choice) => choice['type'] !== 'null')
  if (!properties) return html`${choices.map(fieldsOf)}`
  return html`<dl>${Object.entries(properties).map(([name, field]) => html`<dt><code>${name}</code> <small>${kindOf(field)}${required.includes(name) ? '' : ', may be left out'}</small></dt><dd>${descriptionOf(field)}${fieldsOf(field)}</dd>`)}</dl>`
}

const descriptionOf = (schema: JsonSchema): Html | '' => {
  const { description } = schema as Shape
  return description === undefined ? '' : html`<p>${inline(description)}</p>`
}

const kindOf = (schema: JsonSchema): Html => {
  const { $ref, anyOf, oneOf, items, const: only, enum: values, type, additionalProperties } = schema as Shape
  if ($ref !== undefined) return html`<a href="#${anchorOf($ref)}">${$ref.slice($ref.lastIndexOf('/') + 1)}</a>`
  if (only !== undefined) return html`<code>${JSON.stringify(only)}</code>`
  if (values) return html`${listed(values.map((value) => html`<code>${String(value)}</code>`), ' | ')}`
  if (anyOf ?? oneOf) return html`${listed((anyOf ?? oneOf ?? []).map(kindOf), ' or ')}`
  if (items) return html`list of ${kindOf(items)}${limits(schema as Shape)}`
  if (typeof additionalProperties === 'object') return html`map to ${kindOf(additionalProperties)}`
  return html`${typeof type === 'string' ? type : (type ?? ['anything']).join(' or ')}${limits(schema as Shape)}`
}

const listed = (parts: readonly Html[], between: string): Html => html`${parts.map((part, index) => html`${index === 0 ? '' : between}${part}`)}`

const limits = ({ format, minimum, maximum, exclusiveMinimum, minLength, maxLength, minItems, maxItems, default: otherwise }: Shape): string => [
  ...(format === undefined ? [] : [format]),
  ...range(minimum, maximum, ''), ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
  ...range(minLength, maxLength, ' characters'), ...range(minItems, maxItems, ' items'),
  ...(otherwise === undefined ? [] : [`${JSON.stringify(otherwise)} by default`]),
].map((limit) => `, ${limit}`).join('')

const range = (least: number | undefined, most: number | undefined, unit: string): readonly string[] => {
  if (least === undefined && most === undefined) return []
  if (most === undefined) return [`${least}${unit} or more`]
  return [least === undefined ? `${most}${unit} at most` : `${least} to ${most}${unit}`]
}
