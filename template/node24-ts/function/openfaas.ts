// What a handler gets, and may answer. Made by: npm run docs
/**
 * The OpenFaaS node template's handler signature, with types and without its defects: any content type arrives, and bodies
 * stay whole. `export default async (event, context) => context.status(200).succeed(value)`; a returned value means succeed.
 */
export type FunctionEvent = {
  /**
   * Parsed for `application/json` and `*+json`, a string for `text/*` and forms, else the bytes; undefined when there is none.
   * Parsed when it is first read. @throws MALFORMED_JSON
   */
  readonly body: unknown
  /** The body as it came. */
  readonly rawBody: Buffer
  /** Names in lower case; `x-call-id` is always there. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly method: string
  /** Repeated keys: the last one wins; all of them are in `search`. */
  readonly query: Readonly<Record<string, string>>
  readonly search: URLSearchParams
  /** Path after `/function/NAME`, always with a leading slash, percent-encoded as it came. */
  readonly path: string
  /** Aborts when the caller went away or the time is up. */
  readonly signal: AbortSignal
}

/**
 * What may be answered with: JSON, text, bytes, a stream of bytes (sent as it comes), or a `Response` with its own status and headers,
 * over which those of the context go.
 */
export type FunctionResult = object | string | Uint8Array | AsyncIterable<Uint8Array> | Response | undefined

/** Several values: the header is sent several times, as cookies are. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>

export type FunctionContext = {
  /** Name the function is deployed under. */
  readonly name: string
  /** `environment` of its stack entry, `envVars` of its deployment: functions of one process share `process.env`, not this. */
  readonly environment: Readonly<Record<string, string>>
  status(code: number): FunctionContext
  headers(headers: ReplyHeaders): FunctionContext
  succeed(value?: FunctionResult): FunctionContext
  fail(error: unknown): FunctionContext
}

export type FunctionHandler = (event: FunctionEvent, context: FunctionContext) => unknown
