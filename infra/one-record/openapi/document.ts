import * as z from 'zod/mini'
import { httpIri } from '../access/schemas.ts'
import { API_VERSIONS } from '../http/versions.ts'
import { API, CARGO } from '../namespaces.ts'
import type { Content, HeaderName, LinkedDataContent, PlainContent, Scene } from './declaration.ts'
import { OPERATIONS, type Operation } from './operations.ts'
import { QUERY, type QueryName } from './query.ts'

type Json = Readonly<Record<string, unknown>>

const JSON_LD = 'application/ld+json'
const text = (description: string, schema: Json = {}): Json => ({ description, schema: { type: 'string', ...schema } })
const revision = (description: string): Json => ({ description, schema: { type: 'integer', minimum: 1 } })

const HEADERS: Readonly<Record<HeaderName, Json>> = {
  Location: text('Address of it.', { format: 'uri' }), Type: text('IRI of its most specific class.', { format: 'uri' }), Revision: revision('Number of the revision.'), 'Latest-Revision': revision('Number of the newest revision.'),
  'Last-Modified': text('RFC 9110, section 8.8.2.'), ETag: text('For If-None-Match; each form and coding has its own.'), Link: text('With rel="next": where it goes on (RFC 8288). Absent at the end.'),
  'Content-Range': text('RFC 9110, section 14.4; with 206.'), 'Content-Disposition': text('RFC 6266: it is to be saved, not shown.'), 'Repr-Digest': text('RFC 9530, section 3.'),
}

const ERRORS = ['400', '401', '403', '404', '405', '409', '411', '412', '413', '415', '422', '429', '500', '502', '503', '507'] as const

/** Whose addresses the examples have. */
const sceneAt = (base: string): Scene => ({ base, object: `${base}/logistics-objects/4f1c9a52`, partner: 'https://1r.carrier.example/logistics-objects/_data-holder' })

/** OpenAPI 3.1.1 (spec.openapis.org/oas/v3.1.1) of all that a server at `base` serves. */
export const openApiOf = (base: string): Json => ({
  openapi: '3.1.1',
  info: {
    title: 'ONE Record server', version: API_VERSIONS[0], license: { name: 'MIT', identifier: 'MIT' },
    description: `IATA ONE Record API ${API_VERSIONS.join(' and ')}, and what is beyond it. JSON-LD goes in compacted, expanded or flattened, and comes out in the form of the profile that Accept asks for. A trailing slash is the same address. Every path answers OPTIONS, for browsers of any origin.`,
  },
  servers: [{ url: base }],
  tags: [{ name: 'ONE Record', description: 'The standard.' }, { name: 'Holder', description: 'For the holder of the record alone.' }, { name: 'Beyond', description: 'Documents, tokens, discovery.' }],
  paths: pathsOf(OPERATIONS, sceneAt(base)),
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'With the claim logistics_agent_uri.' } },
    headers: HEADERS,
    schemas: { Error: ERROR, Node: NODE, LinkedData: LINKED_DATA, Served: SERVED },
    responses: { Error: { description: 'An api:Error, with what is wrong and where.', content: { [JSON_LD]: { schema: { $ref: '#/components/schemas/Error' } } } } },
  },
})

const ERROR: Json = {
  type: 'object', required: ['@type', '@id', 'api:hasTitle', 'api:hasErrorDetail'],
  properties: {
    '@context': { type: 'object', properties: { api: { const: API } } }, '@type': { const: 'api:Error' }, '@id': { type: 'string' }, 'api:hasTitle': { type: 'string' }, 'api:hasSeverity': { type: 'object' },
    'api:hasErrorDetail': { type: 'array', minItems: 1, items: { type: 'object', properties: { 'api:hasCode': { type: 'string', enum: ERRORS }, 'api:hasMessage': { type: 'string' }, 'api:hasProperty': { type: 'object' }, 'api:hasResource': { type: 'object' } } } },
  },
}

const TYPES: Json = { description: 'Of it, and perhaps of what it is a subclass of.', anyOf: [{ type: 'string' }, { type: 'array', minItems: 1, items: { type: 'string' } }] }

/** JSON-LD 1.1 says the same in many ways: of a body that is sent only what all of them have in common can be said. */
const LINKED_DATA: Json = {
  description: 'JSON-LD 1.1: a node, compacted; or a list of nodes, expanded or flattened. Contexts are inline, or those of IATA\'s namespaces.',
  anyOf: [{ $ref: '#/components/schemas/Node' }, { type: 'array', minItems: 1, items: { $ref: '#/components/schemas/Node' } }],
}

/** What is served, unless another profile was asked for. */
const SERVED: Json = {
  description: 'JSON-LD 1.1, compacted.', type: 'object', required: ['@context', '@id', '@type'],
  properties: { '@context': { type: 'object', additionalProperties: { type: 'string' } }, '@id': { type: 'string', format: 'iri' }, '@type': TYPES },
}

const NODE: Json = {
  type: 'object',
  properties: {
    '@context': { description: 'Prefixes and terms.', anyOf: [{ type: 'object' }, { type: 'string', format: 'iri' }, { type: 'array', items: { type: ['object', 'string'] } }] },
    '@id': { type: 'string', format: 'iri-reference' }, '@type': TYPES,
  },
}

const pathsOf = (operations: readonly Operation[], scene: Scene): Json => {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) (paths[`/${operation.path}`] ??= parametersOf(operation.path))[operation.method.toLowerCase()] = operationOf(operation, scene)
  return paths
}

const parametersOf = (path: string): Record<string, unknown> => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return names.length === 0 ? {} : { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) }
}

const operationOf = ({ path, method, summary, who, needs, query = [], requires = [], sends, status, or, gives, headers = [] }: Operation, scene: Scene): Json => ({
  operationId: [method.toLowerCase(), ...path.split('/').map((part) => part.replaceAll(/\W+/g, '_'))].filter(Boolean).join('-'),
  tags: [path.startsWith('holder/') ? 'Holder' : who === 'anybody' || path.includes('documents') ? 'Beyond' : 'ONE Record'],
  summary,
  ...(needs === undefined ? {} : { description: `Who is not the holder needs ${needs} on the object.` }),
  security: who === 'anybody' ? [] : [{ token: [] }],
  ...(query.length + requires.length === 0 ? {} : { parameters: [...requires.map((name) => parameterOf(name, true)), ...query.map((name) => parameterOf(name, false))] }),
  ...(sends === undefined ? {} : { requestBody: { required: true, content: sentAs(sends, scene) } }),
  responses: {
    ...Object.fromEntries([status, ...(or === undefined ? [] : [or])].map((each) => [each, {
      description: gives === undefined || method === 'HEAD' ? 'Done.' : `${gives.name}.`,
      ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])) }),
      ...(gives === undefined || method === 'HEAD' ? {} : { content: givenAs(gives) }),
    }])),
    default: { $ref: '#/components/responses/Error' },
  },
})

const parameterOf = (name: QueryName, required: boolean): Json => ({ name, in: 'query', ...(required ? { required } : {}), ...QUERY[name] })

/** `cargo:Piece` with its namespace. */
const iriOf = (name: string): string => name.replace(/^api:/, API).replace(/^cargo:/, CARGO)

const sentAs = (content: Content, scene: Scene): Json => {
  if (content.kind === 'linked-data') return { [JSON_LD]: { schema: { title: content.name, description: `${iriOf(content.name)} or a subclass of it.`, $ref: '#/components/schemas/LinkedData' }, ...(content.example ? { example: content.example(scene) } : {}) } }
  if (content.kind === 'bytes') return { [content.name]: content.example ? { example: content.example(scene).body } : {} }
  return { [content.name]: { schema: schemaOf(content, 'input'), ...(content.example ? { example: content.example(scene) } : {}) } }
}

const givenAs = (content: Content): Json => {
  if (content.kind === 'linked-data') return { [JSON_LD]: { schema: servedAs(content) } }
  return { [content.name]: content.kind === 'bytes' ? {} : { schema: schemaOf(content, 'output') } }
}

const servedAs = ({ name, types = [] }: LinkedDataContent): Json => ({
  title: name, description: `${iriOf(name)}${types.length === 0 ? ' or a subclass of it' : ''}.`, $ref: '#/components/schemas/Served', ...(types.length === 0 ? {} : { properties: { '@type': { enum: types } } }),
})

/** JSON Schema of a body. What is sent has the fields that are named and no others; what is answered may come to have more. */
const schemaOf = ({ schema }: PlainContent, io: 'input' | 'output'): Json => {
  const { $schema: _, ...said } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === httpIri) jsonSchema.format = 'iri'
      // the format says it; the expression is of no use to who reads
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
      if (io === 'output') delete jsonSchema.additionalProperties
    },
  })
  return said
}
