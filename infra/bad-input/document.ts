import { z } from 'zod'

/** What of an OpenAPI 3.1 document says how to ask and what may be answered; references are followed. */
export type Schema = Readonly<Record<string, unknown>>
export type Parameter = { readonly name: string; readonly in: 'path' | 'query' | 'header'; readonly required: boolean; readonly schema: Schema }
export type Operation = {
  /** `GET /api/deployments/{id}` */
  readonly id: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** Of a JSON body; null when it takes none. */
  readonly body: Schema | null
  /** By status, or `default`; by media type; null where the document does not say more. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, Schema | null>>>>
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const
const schema = z.record(z.string(), z.unknown())
const content = z.record(z.string(), z.looseObject({ schema: schema.optional() })).optional()
const parameter = z.looseObject({ name: z.string(), in: z.enum(['path', 'query', 'header', 'cookie']), required: z.boolean().default(false), schema: schema.default({}) })
const operation = z.looseObject({
  parameters: z.array(parameter).default([]), requestBody: z.looseObject({ content }).optional(), responses: z.record(z.string(), z.looseObject({ content })),
})
const pathItem = z.looseObject({ parameters: z.array(parameter).default([]), ...Object.fromEntries(METHODS.map((method) => [method, operation.optional()])) as Record<(typeof METHODS)[number], z.ZodOptional<typeof operation>> })
const document = z.looseObject({ openapi: z.string().startsWith('3.1'), paths: z.record(z.string(), pathItem) })

/** The operations of a document. @throws ZodError when it is none, Error for a reference that leads nowhere or round in circles */
export const operationsOf = (given: unknown): readonly Operation[] => {
  const { paths } = document.parse(followed(given, given, []))
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const declared = item[method]
      if (!declared) return []
      const parameters = [...item.parameters, ...declared.parameters].filter((each): each is typeof each & { in: Parameter['in'] } => each.in !== 'cookie')
      const answers = Object.fromEntries(Object.entries(declared.responses).map(([status, answer]) => [status, schemasOf(answer.content)]))
      const body = declared.requestBody?.content?.['application/json']?.schema ?? null
      return [{ id: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path, parameters, body, answers }]
    }))
}

const schemasOf = (by: z.infer<typeof content> = {}): Readonly<Record<string, Schema | null>> =>
  Object.fromEntries(Object.entries(by).map(([type, { schema: said }]) => [type, said ?? null]))

const followed = (node: unknown, root: unknown, trail: readonly string[]): unknown => {
  if (Array.isArray(node)) return node.map((each) => followed(each, root, trail))
  if (typeof node !== 'object' || node === null) return node
  const { $ref: reference, ...rest } = node as { readonly $ref?: unknown }
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, followed(value, root, trail)]))
  if (typeof reference !== 'string') return inner
  if (trail.includes(reference)) throw new Error(`${reference} leads round in circles`)
  return { ...(followed(at(root, reference), root, [...trail, reference]) as object), ...inner }
}

const at = (root: unknown, reference: string): unknown => {
  const steps = reference.replace(/^#\//, '').split('/').map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
  const found = steps.reduce<unknown>((node, step) => (typeof node === 'object' && node !== null && Object.hasOwn(node, step) ? (node as Record<string, unknown>)[step] : undefined), root)
  if (found === undefined) throw new Error(`${reference} leads nowhere`)
  return found
}
