import type { z } from 'zod'
import { failure } from '../../events/errors.ts'
import type { FunctionEvent, FunctionHandler, FunctionResult } from './handler.ts'
import { parseBody } from './input.ts'
import { problemReply } from './problem.ts'
import { logUnexpected } from './unexpected.ts'

/** `ParamsOf<'GET /:id/history'>` is `{ id: string }`. */
export type ParamsOf<Route extends string> = Route extends `${string}:${infer Name}/${infer Rest}`
  ? Readonly<Record<Name, string>> & ParamsOf<`/${Rest}`>
  : Route extends `${string}:${infer Name}` ? Readonly<Record<Name, string>> : unknown

export type HttpRequest<Params = unknown, Body = undefined, Query = FunctionEvent['query']> = Omit<FunctionEvent, 'body' | 'query'> & {
  /** Decoded path parameters. */
  readonly params: Params
  /** As it came, unless a contract says how it is parsed. */
  readonly query: Query
  /** What `withBody` or the contract parsed. */
  readonly body: Body
  readonly callId: string
}
export type HttpReply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: FunctionResult
}
type Handle<P, Params, Body> = (request: HttpRequest<Params, Body>, platform: P) => HttpReply | Promise<HttpReply>
/** A route that looks at the event before it handles the request: what it throws is answered first. */
export type Prepared<P, Params = unknown> = { readonly run: (event: FunctionEvent) => Handle<P, Params, undefined> }
export const prepared = <P, Params = unknown>(run: Prepared<P, Params>['run']): Prepared<P, Params> => ({ run })

/** `withBody(schema, handle)`: the JSON body is parsed before `handle` sees it. Errors as `parseBody`. */
export const withBody = <Body, P, Params>(schema: z.ZodType<Body>, handle: Handle<P, Params, Body>): Prepared<P, Params> =>
  prepared((event) => {
    const body = parseBody(schema, event)
    return (request, platform) => handle({ ...request, body }, platform)
  })

export type Routes<P, R extends string> = { readonly [K in R]: Handle<P, ParamsOf<K>, undefined> | Prepared<P, ParamsOf<K>> }
export type RouterOptions<P> = {
  /** Asked before anything is parsed; throws to refuse. */
  readonly authorize?: (event: FunctionEvent, platform: P) => unknown
}

/**
 * The handler of a function that answers people: `router({ 'GET /': list, 'GET /:id': show, 'POST /': withBody(schema, create) },
 * platform)`. Routes are tried in order; HEAD is served by GET. Every error is problem details with `code` and, where one is to
 * blame, `field`; every answer carries `X-Call-Id`.
 */
export const router = <P, const R extends `${Uppercase<string>} /${string}`>(
  routes: Routes<P, R>, platform: () => Promise<P>, options: RouterOptions<P> = {},
): FunctionHandler => {
  const table = Object.entries<Routes<P, R>[R]>(routes).map(([route, target]) => compile(route, target as AnyTarget<P>))

  return async (event, context) => {
    const callId = event.headers['x-call-id'] ?? 'unknown'
    const answer = (reply: HttpReply) => context.status(reply.status).headers({ ...reply.headers, 'x-call-id': callId }).succeed(reply.body)
    try {
      const ready = await platform()
      await options.authorize?.(event, ready)
      const { target, params } = find(table, event)
      const handle = typeof target === 'function' ? target : target.run(event)
      const { rawBody, headers, method, query, search, path, signal } = event
      return answer(await handle({ rawBody, headers, method, query, search, path, signal, params, body: undefined, callId }, ready))
    } catch (error) {
      logUnexpected(error, context.name, callId)
      return answer(problemReply(error, callId))
    }
  }
}

type Params = Readonly<Record<string, string>>
type AnyTarget<P> = Handle<P, unknown, undefined> | Prepared<P, unknown>
type Compiled<P> = { readonly method: string; readonly pattern: RegExp; readonly target: AnyTarget<P> }

const compile = <P>(route: string, target: AnyTarget<P>): Compiled<P> => {
  const [method = '', path = ''] = route.split(' ')
  const pattern = path.replace(/\/$/, '').replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')
  return { method, pattern: new RegExp(`^${pattern}/?$`), target }
}

const find = <P>(table: readonly Compiled<P>[], { method, path }: FunctionEvent): { readonly target: AnyTarget<P>; readonly params: Params } => {
  const here = table.filter(({ pattern }) => pattern.test(path))
  if (here.length === 0) throw failure('NOT_FOUND', { path })
  const wanted = method === 'HEAD' ? 'GET' : method
  const found = here.find((route) => route.method === wanted)
  if (!found) throw failure('METHOD_NOT_ALLOWED', { method, path, allowed: allowed(here).join(', ') })
  const groups = found.pattern.exec(path)?.groups ?? {}
  return { target: found.target, params: Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decode(name, value)])) }
}

const allowed = (routes: readonly { readonly method: string }[]): readonly string[] => [
  ...new Set(routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))),
]

const decode = (field: string, value: string): string => {
  try {
    return decodeURIComponent(value)
  } catch (cause) {
    throw failure('INVALID_FIELD', { field, reason: 'it is not percent-encoded UTF-8' }, cause)
  }
}
