import { byFetch, searchOf, type Query, type Received } from '../../client/send.ts'
import { patiently, type Patience } from '../../client/retry.ts'
import { API_VERSIONS, type ApiVersion } from '../http/versions.ts'
import { refusalOf } from './error.ts'
import type { GivesBytes, InputOf, OperationName, OutputOf } from './operations.ts'
import type { Send, TokenSource } from './tokens.ts'

export type OneRecordClientOptions = {
  /** Base URL of the server. */
  readonly server: string
  /** Without one it is asked as nobody: open servers, what is for anybody. */
  readonly tokens?: TokenSource
  /** Of the API; the newest by default. */
  readonly version?: ApiVersion
  readonly patience?: Patience
  /** Sends one request; by `fetch` unless another way is given. It must not follow redirects: the token would go along. */
  readonly send?: Send
}

/** Left out where nothing must be said. */
type Argument<Input> = Record<never, never> extends Input ? readonly [input?: Input] : readonly [input: Input]

/**
 * A ONE Record server, typed by the table of its endpoints:
 * `const { body } = await client.call('GET /logistics-objects/{id}', { params: { id }, query: { embedded: true } })`. In the place of `params`
 * goes `at`, an address that an answer gave. What may be sent twice (GET, HEAD, PUT, and whatever has an Idempotency-Key) is tried again
 * when nobody answers, or with 429, 502, 503 or 504.
 */
export type OneRecordClient = {
  /** @throws OneRecordError for whatever is no success, 304 too; TypeError for an `at` elsewhere; what `send` throws when nobody answers; the reason of an aborted `signal` */
  call<R extends OperationName>(operation: R, ...input: Argument<InputOf<R>>): Promise<OutputOf<R>>
}

type AnyInput = {
  readonly params?: Readonly<Record<string, string>>; readonly at?: string; readonly query?: Query
  readonly body?: unknown; readonly type?: string; readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal
}

const JSON_LD = 'application/ld+json'
const MAY_BE_REPEATED: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT'])
const GIVES_BYTES: Readonly<Record<GivesBytes, true>> = { 'GET /logistics-objects/{id}/documents/{name}': true, 'GET /holder/export': true }

export const oneRecordClient = ({ server, tokens, version = API_VERSIONS[0], patience = {}, send = byFetch }: OneRecordClientOptions): OneRecordClient => {
  const base = server.replace(/\/$/, '')

  return {
    call: async (operation, ...given) => {
      const input: AnyInput = given[0] ?? {}
      const [method = '', path = ''] = operation.split(' ')
      const url = addressOf(base, path, input)
      const content = contentOf(path, input, version)
      const headers = { accept: `${JSON_LD}; version=${version}`, ...content?.headers, ...lowered(input.headers) }
      const attempts = MAY_BE_REPEATED.has(method) || 'idempotency-key' in headers ? patience : { ...patience, attempts: 1 }
      const ask = async (): Promise<Received> => {
        // not a part of what is tried again: a token that is refused once is refused
        const authorization = tokens ? { authorization: `Bearer ${await tokens.token()}` } : {}
        return patiently(() => send(url, { method, headers: { ...authorization, ...headers }, ...(content ? { body: content.body } : {}), ...(input.signal ? { signal: input.signal } : {}) }), attempts, input.signal)
      }
      let answer = await ask()
      if (answer.status === 401 && tokens) {
        // it ran out on the way, or a key was changed: nothing was done, so once with a fresh one
        tokens.forget()
        answer = await ask()
      }
      if (answer.status >= 300) throw refusalOf(`${method} ${url}`, answer)
      return { status: answer.status, headers: answer.headers, body: bodyOf(operation, answer) } as OutputOf<typeof operation>
    },
  }
}

/** @throws TypeError for an address that is not below the server, or not of this operation */
const addressOf = (base: string, path: string, { params = {}, at, query = {} }: AnyInput): string => {
  if (at === undefined) return base + path.replaceAll(/\{(\w+)\}/g, (_, name: string) => segmentOf(name, params[name])) + searchOf(query)
  const [url, root] = [new URL(at), new URL(base)]
  const prefix = root.pathname.replace(/\/$/, '')
  const template = new RegExp(`^${path.replace(/\/$/, '').replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`)
  const isBelow = url.origin === root.origin && url.username === '' && url.password === '' && url.pathname.startsWith(prefix)
  if (!isBelow || !template.test(url.pathname.slice(prefix.length))) throw new TypeError(`${at} is no address of ${base}${path}`)
  url.hash = ''
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value))
  return url.href
}

/** One segment of a path. Points alone would lead to another path, encoded or not (URL standard, path state). */
const segmentOf = (name: string, value = ''): string => {
  if (/^\.{0,2}$/.test(value)) throw new TypeError(`${JSON.stringify(value)} is no ${name}`)
  return encodeURIComponent(value)
}

type SentContent = { readonly headers: { readonly 'content-type': string }; readonly body: string | Uint8Array<ArrayBuffer> }

/** Bytes as they are; a form for a token; plain JSON for what is the holder's; else JSON-LD. */
const contentOf = (path: string, { body, type }: AnyInput, version: ApiVersion): SentContent | null => {
  if (body === undefined) return null
  if (type !== undefined) return { headers: { 'content-type': type }, body: body as string | Uint8Array<ArrayBuffer> }
  if (path.startsWith('/oauth2/')) return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(body as Readonly<Record<string, string>>).toString() }
  return { headers: { 'content-type': path.startsWith('/holder/') ? 'application/json' : `${JSON_LD}; version=${version}` }, body: JSON.stringify(body) }
}

const bodyOf = (operation: string, { body }: Received): unknown =>
  operation in GIVES_BYTES ? body : body.length === 0 ? undefined : (JSON.parse(new TextDecoder().decode(body)) as unknown)

const lowered = (headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
