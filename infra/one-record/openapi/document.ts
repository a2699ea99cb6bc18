import { API_VERSIONS } from '../http/versions.ts'
import { API } from '../namespaces.ts'
import { OPERATIONS, type Operation, type QueryName } from './operations.ts'

type Json = Readonly<Record<string, unknown>>

const JSON_LD = 'application/ld+json'
const text = (description: string, schema: Json = {}): Json => ({ description, schema: { type: 'string', ...schema } })
const TIME = { pattern: '^\\d{8}T\\d{6}Z$', examples: ['20260101T000000Z'] }
const count = (description: string): Json => ({ description, schema: { type: 'integer', minimum: 0 } })
const yesOrNo = (description: string): Json => ({ description, schema: { type: 'boolean' } })

const QUERY: Readonly<Record<QueryName, Json>> = {
  at: text('As it was at this time, UTC.', TIME), embedded: yesOrNo('With the objects of this server that it links to.'), revision: { description: 'One revision, by its number; beyond the standard.', schema: { type: 'integer', minimum: 1 } },
  'updated-from': text('Requests updated since.', TIME), 'updated-to': text('Requests updated until.', TIME), status: text('A status of action requests: its IRI, its last part, or 2.2.0\'s short name.'),
  'event-code': text('Codes or IRIs of events, separated by commas.'), 'created-after': text('Recorded since.', TIME), 'created-before': text('Recorded before.', TIME), 'occurred-after': text('Happened since.', TIME), 'occurred-before': text('Happened before.', TIME),
  sort: text('Order.', { enum: ['ASC-creationDate', 'DESC-creationDate', 'ASC-eventDate', 'DESC-eventDate'] }), limit: count('As many at most.'), skip: count('Without so many at the beginning.'),
  topic: text('IRI of a class or an object.'), topicType: text('IRI of the type of the topic.'), cursor: text('Where the page before ended.'), after: text('Where the page before ended.'), type: text('IRI or short name of a class.'), code: text('A code.'), identifier: text('An identifier.'),
  text: text('A word.'), object: text('Id or IRI of a logistics object.'), 'requested-by': text('IRI of an agent.'), format: text('jsonld or nquads.'), history: yesOrNo('With former revisions.'), public: yesOrNo('Those for everybody.'), agent: text('IRI of an agent.'), unread: yesOrNo('Those not marked as read.'),
}

const HEADERS: Readonly<Record<string, Json>> = {
  Location: text('Address of it.', { format: 'uri' }), Type: text('IRI of its most specific class.', { format: 'uri' }), Revision: { description: 'Number of the revision.', schema: { type: 'integer', minimum: 1 } },
  'Latest-Revision': { description: 'Number of the newest revision.', schema: { type: 'integer', minimum: 1 } }, 'Last-Modified': text('RFC 9110, section 8.8.2.'), ETag: text('For If-None-Match; each form and coding has its own.'),
}

const ERRORS = ['400', '401', '403', '404', '405', '409', '413', '415', '422', '429', '500', '503', '507'] as const

/** OpenAPI 3.1.1 (spec.openapis.org/oas/v3.1.1) of all that a server at `base` serves. */
export const openApiOf = (base: string): Json => ({
  openapi: '3.1.1',
  info: {
    title: 'ONE Record server', version: API_VERSIONS[0], license: { name: 'MIT', identifier: 'MIT' },
    description: `IATA ONE Record API ${API_VERSIONS.join(' and ')}, and what is beyond it. JSON-LD goes in compacted, expanded or flattened, and comes out in the form of the profile that Accept asks for. A trailing slash is the same address. Every path answers OPTIONS, for browsers of any origin.`,
  },
  servers: [{ url: base }],
  tags: [{ name: 'ONE Record', description: 'The standard.' }, { name: 'Holder', description: 'For the holder of the record alone.' }, { name: 'Beyond', description: 'Documents, tokens, discovery.' }],
  paths: pathsOf(OPERATIONS),
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'With the claim logistics_agent_uri.' } },
    headers: HEADERS,
    schemas: { Error: ERROR },
    responses: { Error: { description: 'An api:Error, with what is wrong and where.', content: { [JSON_LD]: { schema: { $ref: '#/components/schemas/Error' } } } } },
  },
})

const ERROR: Json = {
  type: 'object', required: ['@type', '@id', 'api:hasTitle', 'api:hasErrorDetail'],
  properties: {
    '@context': { type: 'object', properties: { api: { const: API } } }, '@type': { const: 'api:Error' }, '@id': { type: 'string' }, 'api:hasTitle': { type: 'string' },
    'api:hasErrorDetail': { type: 'array', minItems: 1, items: { type: 'object', properties: { 'api:hasCode': { type: 'string', enum: ERRORS }, 'api:hasMessage': { type: 'string' } } } },
  },
}

const pathsOf = (operations: readonly Operation[]): Json => {
  const paths: Record<string, Record<string, Json>> = {}
  for (const operation of operations) (paths[`/${operation.path}`] ??= { ...parametersOf(operation.path) })[operation.method.toLowerCase()] = operationOf(operation)
  return paths
}

const parametersOf = (path: string): Record<string, Json> => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return names.length === 0 ? {} : { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) as unknown as Json }
}

const operationOf = ({ path, method, summary, who, query = [], sends, status, gives, headers = [] }: Operation): Json => ({
  operationId: [method.toLowerCase(), ...path.split('/').map((part) => part.replaceAll(/\W+/g, '_'))].filter(Boolean).join('-'),
  tags: [who === 'holder' && path.startsWith('holder/') ? 'Holder' : who === 'anybody' || path.includes('documents') ? 'Beyond' : 'ONE Record'],
  summary,
  security: who === 'anybody' ? [] : [{ token: [] }],
  ...(query.length === 0 ? {} : { parameters: query.map((name) => ({ name, in: 'query', ...QUERY[name] })) }),
  ...(sends === undefined ? {} : { requestBody: { required: true, content: contentOf(sends) } }),
  responses: {
    [status]: {
      description: gives === undefined || method === 'HEAD' ? 'Done.' : `${gives}.`,
      ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])) }),
      ...(gives === undefined || method === 'HEAD' ? {} : { content: contentOf(gives) }),
    },
    default: { $ref: '#/components/responses/Error' },
  },
})

/** JSON-LD of a class, or a media type. */
const contentOf = (what: string): Json =>
  what.includes('/') ? { [what]: {} } : { [JSON_LD]: { schema: { description: what, type: ['object', 'array'] } } }
