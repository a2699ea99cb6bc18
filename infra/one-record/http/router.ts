import type { IncomingMessage } from 'node:http'
import type { Agent } from '../access/port.ts'
import { ApiError, invalidQuery, notFound, TITLES } from './api-error.ts'
import type { Answer } from './answer.ts'

/**
 * One request on its way to an endpoint. `params`: the path's variable segments by name, decoded; `id` is the first of them, ''
 * where there is none. `agent`: who asks, authenticated before the endpoint runs.
 */
export type Call = {
  readonly request: IncomingMessage
  readonly id: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly agent: Agent
}
export type Handler = (call: Call) => Answer | Promise<Answer>

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type Method = (typeof METHODS)[number]

/**
 * What one path answers. HEAD is answered where it stands. `open`: to anybody, without a token (token endpoint, keys, discovery);
 * nobody is then the agent `NOBODY`.
 */
export type Endpoint = Readonly<Partial<Record<Method, Handler>>> & { readonly open?: true }

/**
 * Endpoints by path template without slashes at its ends: `logistics-objects/{id}/logistics-events/{event}`. A fixed segment goes
 * before a variable one. OPTIONS is answered everywhere.
 */
export type Routes = Readonly<Record<string, Endpoint>>

/** Who asks at an open endpoint. */
const NOBODY: Agent = { uri: '', isHolder: false }

/** Says who asks. @throws ApiError 401, 429 */
export type Authenticate = (request: IncomingMessage) => Agent | Promise<Agent>

/** `allow`: its methods as the header of that name says them. */
type Leaf = { readonly names: readonly string[]; readonly endpoint: Endpoint; readonly allow: string }
type Node = { readonly fixed: Map<string, Node>; variable: Node | null; leaf: Leaf | null }

/**
 * The router of a server at `base` (public URL, no slash at its end; it may have a path). A trailing slash is the same address.
 * @throws ApiError 404 | 405 | 400 for a path or query that cannot be decoded; what `authenticate` throws
 */
export const router = (routes: Routes, base: string, authenticate: Authenticate) => {
  const { pathname, origin } = new URL(base)
  const prefix = pathname.replace(/\/$/, '')
  const root = tree(routes)

  return async (request: IncomingMessage): Promise<Answer> => {
    const target = request.url ?? '/'
    const mark = target.indexOf('?')
    const path = mark < 0 ? target : target.slice(0, mark)
    const own = path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : null
    const found = own === null ? null : match(root, own.replace(/\/$/, '').split('/').slice(1))
    if (!found) throw notFound(origin + path)
    const { endpoint, allow, params } = found
    // a preflight carries no token (Fetch standard, CORS-preflight request)
    if (request.method === 'OPTIONS') return { status: 204, headers: { allow, ...PREFLIGHT, 'access-control-allow-methods': allow } }
    const handler = isMethod(request.method) ? endpoint[request.method] : undefined
    if (!handler) throw new ApiError(405, TITLES.method, `${request.method} is not possible here.`, { resource: origin + path }, { allow })
    const agent = endpoint.open ? NOBODY : await authenticate(request)
    return handler({ request, id: Object.values(params)[0] ?? '', params, query: queryOf(mark < 0 ? '' : target.slice(mark + 1)), agent })
  }
}

/** Browsers of any origin may call: what counts is the token, and no cookie is ever looked at. */
const PREFLIGHT = {
  'access-control-allow-headers': 'accept, accept-language, authorization, content-type, content-encoding, idempotency-key, if-none-match, if-match, range',
  'access-control-max-age': '86400',
}

const isMethod = (method: string | undefined): method is Method => (METHODS as readonly (string | undefined)[]).includes(method)
const allowed = (endpoint: Endpoint): string => [...METHODS.filter((method) => endpoint[method]), 'OPTIONS'].join(', ')

const node = (): Node => ({ fixed: new Map(), variable: null, leaf: null })

const tree = (routes: Routes): Node => {
  const root = node()
  for (const [template, endpoint] of Object.entries(routes)) {
    const names: string[] = []
    let at = root
    for (const segment of template === '' ? [] : template.split('/')) {
      const [, name] = /^\{(\w+)\}$/.exec(segment) ?? []
      const next: Node = (name === undefined ? at.fixed.get(segment) : at.variable) ?? node()
      if (name === undefined) at.fixed.set(segment, next)
      else {
        names.push(name)
        at.variable = next
      }
      at = next
    }
    if (at.leaf) throw new Error(`two routes lead to ${template}`)
    at.leaf = { names, endpoint, allow: allowed(endpoint) }
  }
  return root
}

const match = (root: Node, segments: readonly string[]): (Leaf & { readonly params: Readonly<Record<string, string>> }) | null => {
  // a fixed segment wins, unless only the variable one leads on: templates are few and short
  const walk = (at: Node, rest: readonly string[], values: readonly string[]): readonly [Leaf, readonly string[]] | null => {
    const [segment, ...further] = rest
    if (segment === undefined) return at.leaf && [at.leaf, values]
    const fixed = at.fixed.get(segment)
    const found = fixed && walk(fixed, further, values)
    if (found) return found
    const value = segment === '' ? null : decoded(segment)
    return at.variable && value !== null ? walk(at.variable, further, [...values, value]) : null
  }
  if (segments.length > MOST_SEGMENTS) return null
  const [leaf, values] = walk(root, segments, []) ?? []
  return leaf && values ? { ...leaf, params: Object.fromEntries(leaf.names.map((name, index) => [name, values[index] ?? ''])) } : null
}

const MOST_SEGMENTS = 12

const decoded = (segment: string): string | null => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
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
