import type { IncomingMessage } from 'node:http'
import { ApiError, invalidQuery, notFound, TITLES } from './api-error.ts'
import type { Answer } from './answer.ts'

/** One request on its way to an endpoint. `id`: the path's variable segment, decoded. */
export type Call = { readonly request: IncomingMessage; readonly id: string; readonly query: URLSearchParams }
export type Handler = (call: Call) => Answer | Promise<Answer>

/** Endpoints by path template (`*`: one variable segment) and method. HEAD is answered where it stands. */
export type Routes = Readonly<Record<string, Readonly<Partial<Record<'GET' | 'HEAD' | 'POST' | 'PATCH', Handler>>>>>

type Method = keyof Routes[string]

/**
 * The router of a server at `base` (public URL, no slash at its end; it may have a path). A trailing slash is the same address.
 * @throws ApiError 404 | 405 | 400 for a path or query that cannot be decoded
 */
export const router = (routes: Routes, base: string) => {
  const { pathname, origin } = new URL(base)
  const prefix = pathname.replace(/\/$/, '')

  return (request: IncomingMessage): Answer | Promise<Answer> => {
    const target = request.url ?? '/'
    const mark = target.indexOf('?')
    const path = mark < 0 ? target : target.slice(0, mark)
    const own = path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : null
    const segments = own === null ? null : own.replace(/\/$/, '').split('/').slice(1)
    const [name, id] = segments === null ? [null, ''] : match(segments)
    const endpoint = name !== null && Object.hasOwn(routes, name) ? routes[name] : undefined
    if (!endpoint) throw notFound(origin + path)
    const handler = endpoint[request.method as Method]
    if (!handler) throw new ApiError(405, TITLES.method, `${request.method} is not possible here.`, { resource: origin + path }, { allow: Object.keys(endpoint).join(', ') })
    return handler({ request, id, query: queryOf(mark < 0 ? '' : target.slice(mark + 1)) })
  }
}

// the variable segment is the second, wherever there is one
const match = (segments: readonly string[]): readonly [string | null, string] => {
  const [first = '', id, ...rest] = segments
  if (id === undefined) return [first, '']
  try {
    return [[first, '*', ...rest].join('/'), decodeURIComponent(id)]
  } catch {
    return [null, '']
  }
}

const NO_QUERY = new URLSearchParams()

const queryOf = (text: string): URLSearchParams => {
  if (text === '') return NO_QUERY
  const query = new URLSearchParams(text)
  const twice = [...query.keys()].find((key) => query.getAll(key).length > 1)
  if (twice !== undefined) throw invalidQuery(`${twice} is given more than once.`)
  return query
}
