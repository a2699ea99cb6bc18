import { randomUUID } from 'node:crypto'
import { API, XSD } from '../namespaces.ts'
import { API_VERSIONS, type ApiVersion } from './versions.ts'

/** Titles by status (ONE Record API 2.3.0, error handling); what the standard gives no title takes the nearest of its own. */
export const TITLES = {
  body: 'Invalid body request', query: 'Invalid query parameter request', resource: 'Invalid resource',
  authentication: 'Not authenticated or expired token', authorization: 'Not authorized to perform action',
  notFound: 'Resource not found', method: 'Method not allowed', conflict: 'Identifier conflict',
  mediaType: 'Unsupported content type', unprocessable: 'Unprocessable content', internal: 'Internal server error',
} as const

/** What an error is about: IRI of a property, IRI of a resource. */
export type About = { readonly property?: string; readonly resource?: string }

/** An answer of 4xx or 5xx; its message goes to the client. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly title: string
  readonly about: About
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, title: string, message: string, about: About = {}, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.title = title
    this.about = about
    this.headers = headers
  }
}

export const invalidBody = (message: string, about: About = {}): ApiError => new ApiError(400, TITLES.body, message, about)
export const invalidQuery = (message: string): ApiError => new ApiError(400, TITLES.query, message)
export const notFound = (resource: string): ApiError => new ApiError(404, TITLES.notFound, 'There is nothing at this address.', { resource })
export const unprocessable = (message: string, about: About = {}): ApiError => new ApiError(422, TITLES.unprocessable, message, about)
export const unavailable = (message: string): ApiError => new ApiError(503, TITLES.internal, message, {}, { 'retry-after': '1' })
/** RFC 4918, section 11.5; room comes when somebody makes some. */
export const storageFull = (): ApiError => new ApiError(507, TITLES.internal, 'There is no room to store this now; nothing was stored. Reading goes on.', {}, { 'retry-after': '5' })

const anyUri = (iri: string) => ({ '@type': `${XSD}anyURI`, '@value': iri })

/**
 * `api:Error` of an error, without its `@context`; used in answers and as `api:hasError` of action requests. Version 2.2.0 knows no
 * severity.
 */
export const errorNode = (error: ApiError, version: ApiVersion = API_VERSIONS[0]): Readonly<Record<string, unknown>> => ({
  '@type': 'api:Error',
  '@id': `internal:${randomUUID()}`,
  'api:hasTitle': error.title,
  ...(version === '2.2.0' ? {} : { 'api:hasSeverity': { '@id': 'api:ERROR' } }),
  'api:hasErrorDetail': [{
    '@type': 'api:ErrorDetail',
    '@id': `internal:${randomUUID()}`,
    'api:hasCode': String(error.status),
    'api:hasMessage': error.message,
    ...(error.about.property === undefined ? {} : { 'api:hasProperty': anyUri(error.about.property) }),
    ...(error.about.resource === undefined ? {} : { 'api:hasResource': anyUri(error.about.resource) }),
  }],
})

export const errorBody = (error: ApiError, version?: ApiVersion): string => JSON.stringify({ '@context': { api: API }, ...errorNode(error, version) })
