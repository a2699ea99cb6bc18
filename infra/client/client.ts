import { randomUUID } from 'node:crypto'
import { PlaygroundProblem, problemIn } from './problem.ts'
import { patiently, type Patience } from './retry.ts'
import type { ApiName, InputOf, OutputOf, RouteOf } from './routes.ts'
import { byFetch, searchOf, type Query, type Sent } from './send.ts'

export type Got = { readonly status: number; /** Names in lower case. */ readonly headers: Readonly<Record<string, string>>; readonly text: string }

export type ClientOptions = {
  /** The platform's host: `http://localhost:8080`. */
  readonly url: string
  /** The operator token. */
  readonly token: string
  readonly patience?: Patience
  /** Sends one request; by `fetch` unless another way is given. */
  readonly send?: (url: string, sent: Sent) => Promise<Got>
}

/**
 * The API, typed by the very declarations that its functions parse with:
 * `const { body } = await client('deployments', 'POST /', { body: { name: 'demo' } })`. Commands carry an Idempotency-Key, so that what
 * passes by itself (no connection, 429, 502, 503, 504) is tried again, after `Retry-After` where there is one.
 * @throws PlaygroundProblem when the API says no; what `fetch` throws when nobody answers; the reason of an aborted `signal`
 */
export type PlaygroundClient = <A extends ApiName, R extends RouteOf<A>>(api: A, route: R, ...input: Argument<InputOf<A, R>>) => Promise<OutputOf<A, R>>

/** Left out where nothing must be said. */
type Argument<Input> = Record<never, never> extends Input ? readonly [input?: Input] : readonly [input: Input]

type AnyInput = {
  readonly params?: Readonly<Record<string, string>>; readonly query?: Query; readonly body?: unknown
  readonly idempotencyKey?: string; readonly ifMatch?: string; readonly signal?: AbortSignal
}

export const playgroundClient = ({ url, token, patience = {}, send = textByFetch }: ClientOptions): PlaygroundClient =>
  async (api, route, ...given) => {
    const input: AnyInput = given[0] ?? {}
    const [method = '', path = ''] = route.split(' ')
    const target = `${url.replace(/\/$/, '')}/api/${api}${filled(path, input.params ?? {})}${searchOf(input.query ?? {})}`
    const sent: Sent = {
      method,
      headers: {
        accept: 'application/json', authorization: `Bearer ${token}`,
        ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'idempotency-key': input.idempotencyKey ?? randomUUID() }),
        ...(input.ifMatch === undefined ? {} : { 'if-match': input.ifMatch }),
      },
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      ...(input.signal ? { signal: input.signal } : {}),
    }
    const { status, headers, text } = await patiently(() => send(target, sent), patience, input.signal)
    const problem = problemIn(headers['content-type'], text)
    if (problem) throw new PlaygroundProblem(`${method} ${target}`, problem, headers['x-call-id'])
    if (status >= 300) throw new Error(`${method} ${target}: ${status} ${text.slice(0, 500)}`)
    return { status, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) } as OutputOf<typeof api, typeof route>
  }

const filled = (path: string, params: Readonly<Record<string, string>>): string =>
  path.replace(/\/$/, '').replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))

const textByFetch = async (url: string, sent: Sent): Promise<Got> => {
  const { status, headers, body } = await byFetch(url, sent)
  return { status, headers, text: new TextDecoder().decode(body) }
}
