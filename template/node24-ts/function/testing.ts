import type { FunctionContext, FunctionEvent, FunctionHandler, ReplyHeaders } from './openfaas.ts'

export type Asked = {
  readonly method?: string
  /** With its query: `/parcels?limit=10`. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** As the handler gets it; text and bytes are the raw body too, anything else is sent as JSON. */
  readonly body?: unknown
  readonly environment?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}
export type Answered = { readonly status: number; readonly headers: ReplyHeaders; readonly body: unknown }

/** Calls a handler as its server would, without a server. What it throws, or fails with, is thrown. */
export const call = async (handler: FunctionHandler, asked: Asked = {}): Promise<Answered> => {
  const { method = 'POST', path: target = '/', headers = {}, body, environment = {}, signal = new AbortController().signal } = asked
  const [path = '/', query = ''] = target.split('?')
  const search = new URLSearchParams(query)
  const rawBody = rawOf(body)
  const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)
  const event: FunctionEvent = {
    method, path, search, body, rawBody, signal, query: Object.fromEntries(search),
    headers: { 'x-call-id': 'test', ...(isJson ? { 'content-type': 'application/json' } : {}), ...lowerCase(headers) },
  }
  const answered = { status: 200, headers: {}, body: undefined as unknown }
  const context: FunctionContext = {
    name: 'test', environment,
    status: (status) => Object.assign(answered, { status }) && context,
    headers: (more) => Object.assign(answered.headers, lowerCase(more)) && context,
    succeed: (value) => Object.assign(answered, { body: value }) && context,
    fail: (error) => {
      throw error
    },
  }
  const returned: unknown = await handler(event, context)
  return returned === context || returned === undefined ? answered : { ...answered, body: returned }
}

const rawOf = (body: unknown): Buffer => {
  if (body === undefined) return Buffer.alloc(0)
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

const lowerCase = <T>(headers: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
