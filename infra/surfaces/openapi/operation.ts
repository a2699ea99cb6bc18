import { CATALOGUE, type ErrorCode } from '../../../events/errors.ts'
import { problemsOf, REQUEST_HEADERS, type AnswerContract, type Contract, type RouteContract } from '../../functions/contract.ts'
import { isJson } from '../../functions/json.ts'
import { toJsonSchema, type JsonSchema } from '../json-schema.ts'
import { PROBLEM_TEXTS } from '../problems/texts.ts'
import type { Surface } from '../surface.ts'

export type Parameter = { readonly name: string; readonly in: 'path' | 'query' | 'header'; readonly required: boolean; readonly description?: string; readonly schema: JsonSchema; readonly example?: unknown }
export type Media = { readonly schema?: JsonSchema; readonly example?: unknown; readonly examples?: Readonly<Record<string, object>> }
export type Response = { readonly description: string; readonly headers?: object; readonly content?: Readonly<Record<string, Media>> }
export type Operation = {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly servers?: readonly object[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>
}

/** One route as OpenAPI tells it. */
export const operationOf = ({ contract, server }: Surface, route: string, declared: RouteContract): Operation => {
  const { summary, description, body, example } = declared
  return {
    operationId: [contract.name, ...route.toLowerCase().split(/[^a-z0-9]+/)].filter(Boolean).join('-'),
    tags: [contract.title],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(server ? { servers: [server] } : {}),
    security: contract.security === 'none' || declared.open ? [] : [{ [contract.security]: [] }],
    parameters: [...pathParameters(contract, route), ...queryParameters(declared), ...headerParameters(declared)],
    ...(body ? { requestBody: { required: !body.safeParse(undefined).success, content: { 'application/json': media(body, 'input', example) } } } : {}),
    responses: {
      ...Object.fromEntries(Object.entries(declared.answers).map(([status, answer]) => [status, responseOf(answer)])),
      ...Object.fromEntries(byStatus(problemsOf(contract, route, declared)).map(({ status, name }) => [status, { $ref: `#/components/responses/${name}` }])),
      default: { $ref: '#/components/responses/OnTheWay' },
    },
  }
}

/** Every schema of the contracts that has a name. */
export const componentsOf = (surfaces: readonly Surface[]): Readonly<Record<string, JsonSchema>> =>
  Object.assign({}, ...surfaces.flatMap(({ contract: { routes } }) => Object.values(routes).flatMap(({ body, answers }) => [
    ...(body ? [toJsonSchema(body, 'input').named] : []),
    ...Object.values(answers).flatMap((answer) => (answer.body ? [toJsonSchema(answer.body, 'output').named] : [])),
  ]))) as Record<string, JsonSchema>

/** Every answer with problems that the operations refer to. */
export const problemResponsesOf = (surfaces: readonly Surface[]): Readonly<Record<string, Response>> =>
  Object.fromEntries(surfaces.flatMap(({ contract }) => Object.entries(contract.routes).flatMap(([route, declared]) => byStatus(problemsOf(contract, route, declared))))
    .map(({ name, codes }) => [name, problemResponse(codes)]))

/** Problem details of any of these codes. */
export const problemResponse = (codes: readonly ErrorCode[], heading?: string): Response => ({
  description: [...(heading === undefined ? [] : [heading]), ...codes.map((code) => `\`${code}\`: ${PROBLEM_TEXTS[code].happened}`)].join('\n\n'),
  headers: { ...CALL_ID, ...(codes.some((code) => CATALOGUE[code].kind === 'transient') ? { 'Retry-After': { $ref: '#/components/headers/Retry-After' } } : {}) },
  content: {
    'application/problem+json': {
      schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }] },
      examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
    },
  },
})

const CALL_ID = { 'X-Call-Id': { $ref: '#/components/headers/X-Call-Id' } }

/** Answers with problems by status; many routes have the same, so they are told once, under the names of their codes. */
const byStatus = (codes: readonly ErrorCode[]): readonly { readonly status: number; readonly name: string; readonly codes: readonly ErrorCode[] }[] =>
  [...new Set(codes.map((code) => CATALOGUE[code].status))].map((status) => {
    const here = codes.filter((code) => CATALOGUE[code].status === status)
    return { status, name: here.join('.'), codes: here }
  })

const responseOf = ({ description, body, example, headers = [], mediaTypes }: AnswerContract): Response => ({
  description,
  headers: { ...CALL_ID, ...Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])) },
  ...(body || mediaTypes ? { content: Object.fromEntries((mediaTypes ?? ['application/json']).map((type) => [type, body && isJson(type) ? media(body, 'output', example) : {}])) } : {}),
})

const media = (schema: NonNullable<RouteContract['body']>, io: 'input' | 'output', example: unknown): Media => ({
  schema: toJsonSchema(schema, io).schema, ...(example === undefined ? {} : { example }),
})

const pathParameters = ({ params }: Contract, route: string): readonly Parameter[] =>
  [...route.matchAll(/:(\w+)/g)].flatMap(([, name = '']) => (params[name] ? [parameter(name, 'path', toJsonSchema(params[name], 'input').schema, true)] : []))

const queryParameters = ({ query }: RouteContract): readonly Parameter[] => {
  const { properties = {}, required = [] } = (query ? toJsonSchema(query, 'input').schema : {}) as { readonly properties?: Readonly<Record<string, JsonSchema>>; readonly required?: readonly string[] }
  return Object.entries(properties).map(([name, schema]) => parameter(name, 'query', schema, required.includes(name)))
}

const headerParameters = ({ headers = [] }: RouteContract): readonly Parameter[] =>
  headers.map((name) => ({ name, in: 'header', required: false, description: REQUEST_HEADERS[name], schema: { type: 'string' } }))

const parameter = (name: string, place: 'path' | 'query', { description, example, ...schema }: JsonSchema, required: boolean): Parameter => ({
  name, in: place, required, ...(typeof description === 'string' ? { description } : {}), schema, ...(example === undefined ? {} : { example }),
})
