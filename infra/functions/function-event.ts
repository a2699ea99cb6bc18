import type { FunctionEvent } from './handler.ts'
import { isJson, parseJson } from './json.ts'

/** One call of a function, as a host hands it over. */
export type FunctionCall = {
  readonly method: string
  /** Path after `/function/NAME`, with its leading slash. */
  readonly path: string
  /** Query without its question mark. */
  readonly search: string
  readonly headers: FunctionEvent['headers']
  readonly body: Buffer
  readonly signal: AbortSignal
}

/** The event a handler sees; body and query are parsed when they are first read, so that a call pays only for what it uses. */
export const functionEvent = (call: FunctionCall): FunctionEvent => {
  const { method, path, headers, body: rawBody, signal } = call
  let body: { readonly parsed: unknown } | undefined
  let search: URLSearchParams | undefined
  return {
    method, path, headers, rawBody, signal,
    get body() {
      return (body ??= { parsed: parseByType(rawBody, headers['content-type']) }).parsed
    },
    get search() {
      return (search ??= new URLSearchParams(`?${call.search}`)) // it takes one question mark off
    },
    get query() {
      return Object.fromEntries(this.search)
    },
  }
}

const parseByType = (bytes: Buffer, contentType: string | undefined): unknown => {
  if (bytes.length === 0) return undefined
  if (isJson(contentType)) return parseJson(bytes)
  return /^(?:text\/|application\/x-www-form-urlencoded)/i.test(contentType ?? '') ? bytes.toString('utf8') : bytes
}
