import type { z } from 'zod'
import { CATALOGUE, type ErrorCode } from '../../events/errors.ts'
import type { HttpReply, HttpRequest, ParamsOf } from './router.ts'

/**
 * What a function that answers people promises, declared beside its handler: the router parses with it, the OpenAPI document and the
 * client's types are made from it, and tests hold real answers against it.
 */
export type Contract = {
  /** Of the function, and of its path: `/api/<name>`. */
  readonly name: string
  readonly title: string
  readonly description: string
  /** `gateway`: its user and password. */
  readonly security: 'operator' | 'gateway' | 'none'
  /** Every path parameter of its routes. */
  readonly params: Readonly<Record<string, z.ZodType<string>>>
  /** By method and path: `GET /:id/history`. Tried in order. */
  readonly routes: Readonly<Record<string, RouteContract>>
}

export type RouteContract = {
  readonly summary: string
  readonly description?: string
  /** Without the token or password that the others need; of the gateway's own routes only. */
  readonly open?: true
  /** Left out: it takes none. */
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** Of the body. */
  readonly example?: unknown
  /** Request headers that mean something here. */
  readonly headers?: readonly (keyof typeof REQUEST_HEADERS)[]
  readonly answers: Readonly<Record<number, AnswerContract>>
  /** Beyond those that follow from the rest: see `problemsOf`. */
  readonly problems: readonly ErrorCode[]
}

export type AnswerContract = {
  readonly description: string
  /** Of JSON; left out for any other media type, and where there is no body. */
  readonly body?: z.ZodType
  readonly example?: unknown
  /** Of the body; `application/json` where there is a schema. */
  readonly mediaTypes?: readonly string[]
  readonly headers?: readonly (keyof typeof ANSWER_HEADERS)[]
}

export const REQUEST_HEADERS = {
  'Idempotency-Key': 'Makes a repeat harmless: the same key with the same request is carried out once. 1 to 200 visible ASCII characters.',
  'If-Match': 'Entity tags as `ETag` had them, or `*`: the command is refused when the aggregate is at another revision (RFC 9110, section 13.1.1).',
  'If-None-Match': 'Entity tags as `ETag` had them: 304 without a body when one of them is still good (RFC 9110, section 13.1.2).',
} as const

export const ANSWER_HEADERS = {
  'ETag': 'The revision of the aggregate, or the version of the document.',
  'Location': 'Where the new one is.',
  'Content-Location': 'Where what is shown can be read again.',
} as const

/** Keeps the literal types of a declaration. */
export const contract = <const C extends Contract>(declared: C): C => declared

export type BodyOf<D extends RouteContract> = D extends { readonly body: infer S extends z.ZodType } ? z.output<S> : undefined
export type QueryOf<D extends RouteContract> = D extends { readonly query: infer S extends z.ZodType } ? z.output<S> : Readonly<Record<never, never>>

/** One handler for each route, and none besides. */
export type HandlersOf<C extends Contract, P> = {
  readonly [K in keyof C['routes'] & string]:
    (request: HttpRequest<ParamsOf<K>, BodyOf<C['routes'][K]>, QueryOf<C['routes'][K]>>, platform: P) => HttpReply | Promise<HttpReply>
}

/** Every code that a route answers with by itself, by status: those it declares, and those of what it takes. */
export const problemsOf = ({ security }: Pick<Contract, 'security'>, route: string, { query, body, headers = [], problems, open }: RouteContract): readonly ErrorCode[] => {
  const codes: readonly ErrorCode[] = [
    ...(security === 'operator' ? ['UNAUTHENTICATED'] as const : []),
    ...(security === 'gateway' && !open ? ['BASIC_AUTH_REQUIRED'] as const : []),
    ...(security !== 'gateway' || body ? ['UNKNOWN_FIELD'] as const : []), // OpenFaaS's clients send more in queries than is read
    ...(query || body || headers.length > 0 || route.includes(':') ? ['INVALID_FIELD'] as const : []),
    ...(body ? ['MALFORMED_JSON', 'UNSUPPORTED_MEDIA_TYPE', 'BODY_TOO_LARGE'] as const : []),
    ...(headers.includes('Idempotency-Key') ? ['IDEMPOTENCY_KEY_REUSED'] as const : []),
    ...(headers.includes('If-Match') ? ['STALE_REVISION'] as const : []),
    ...problems,
    'INTERNAL',
  ]
  return [...new Set(codes)].toSorted((a, b) => CATALOGUE[a].status - CATALOGUE[b].status)
}

/** What stands between a caller and any route may answer with these. */
export const ON_THE_WAY: readonly ErrorCode[] = [
  'MALFORMED_REQUEST', 'NOT_FOUND', 'METHOD_NOT_ALLOWED', 'REQUEST_TOO_SLOW', 'BODY_TOO_LARGE', 'TOO_MUCH_AT_ONCE', 'HEADERS_TOO_LARGE', 'FUNCTION_NOT_FOUND', 'FUNCTION_NOT_READY', 'FUNCTION_TIMEOUT',
  'BACKEND_UNAVAILABLE', 'BACKEND_HUNG_UP', 'BACKEND_TIMEOUT',
]
