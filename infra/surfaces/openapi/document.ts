import type { ErrorCode } from '../../../events/errors.ts'
import { ANSWER_HEADERS, ON_THE_WAY, problemsOf } from '../../functions/contract.ts'
import type { JsonSchema } from '../json-schema.ts'
import { exampleOf } from '../problems/problem.ts'
import { pathOf, type Surface } from '../surface.ts'
import { componentsOf, operationOf, problemResponse, problemResponsesOf, type Operation } from './operation.ts'

export type OpenApi = {
  readonly openapi: '3.1.1'
  readonly info: { readonly title: string; readonly version: string; readonly description: string; readonly license: object }
  readonly servers: readonly { readonly url: string; readonly description: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>
}

const DESCRIPTION = `Every error is problem details (RFC 9457) with a stable \`code\` and, where one is to blame, the \`field\`; each \`type\` leads to a page
that says what to do. Every answer carries \`X-Call-Id\`. Fields and query parameters that are not known are refused by name. Answers may grow fields.
What happens inside is told as events: [the description of the events](/api/events).`.replaceAll('\n', ' ')

/** OpenAPI 3.1 (spec.openapis.org/oas/v3.1.1) of the contracts that functions keep. */
export const openapi = (surfaces: readonly Surface[], version: string): OpenApi => ({
  openapi: '3.1.1',
  info: { title: 'ONE Record playground', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
  servers: [{ url: '/', description: 'The platform\'s host, where this document is served.' }],
  tags: surfaces.map(({ contract: { title, description } }) => ({ name: title, description })),
  paths: pathsOf(surfaces),
  components: {
    schemas: { Problem: PROBLEM, ...componentsOf(surfaces) },
    examples: Object.fromEntries(codesOf(surfaces).map((code) => [code, { value: exampleOf(code) }])),
    headers: {
      'X-Call-Id': { description: 'Under which the logs have this call.', schema: { type: 'string' } },
      'Retry-After': { description: 'Seconds after which to ask again (RFC 9110, section 10.2.3).', schema: { type: 'integer', minimum: 0 } },
      ...Object.fromEntries(Object.entries(ANSWER_HEADERS).map(([name, description]) => [name, { description, schema: { type: 'string' } }])),
    },
    responses: { OnTheWay: problemResponse(ON_THE_WAY, 'What may happen on the way there.'), ...problemResponsesOf(surfaces) },
    securitySchemes: {
      operator: { type: 'http', scheme: 'bearer', description: 'The operator token, made at the first start. Until accounts come, whoever holds it is the owner of everything.' },
      gateway: { type: 'http', scheme: 'basic', description: 'The gateway\'s user and password, made at the first start.' },
    },
  },
})

const PROBLEM: JsonSchema = {
  type: 'object',
  description: 'Problem details (RFC 9457).',
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'Leads to a page about this type, on the platform\'s host.' },
    title: { type: 'string' }, status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'What happened this time, for people.' }, code: { type: 'string', description: 'Stable, for programs.' },
    field: { type: 'string', description: 'The field, parameter or header to blame, where one is.' },
  },
  required: ['type', 'title', 'status', 'detail', 'code'],
}

const pathsOf = (surfaces: readonly Surface[]): OpenApi['paths'] => {
  const paths: Record<string, Record<string, Operation>> = {}
  for (const surface of surfaces) {
    for (const [route, declared] of Object.entries(surface.contract.routes)) {
      const method = route.slice(0, route.indexOf(' ')).toLowerCase()
      paths[pathOf(surface, route)] = { ...paths[pathOf(surface, route)], [method]: operationOf(surface, route, declared) }
    }
  }
  return paths
}

const codesOf = (surfaces: readonly Surface[]): readonly ErrorCode[] => [...new Set([
  ...ON_THE_WAY, ...surfaces.flatMap(({ contract }) => Object.entries(contract.routes).flatMap(([route, declared]) => problemsOf(contract, route, declared))),
])].toSorted()
