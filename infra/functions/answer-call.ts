import { CatalogueError, failure } from '../../events/errors.ts'
import { functionEvent, type FunctionCall } from './function-event.ts'
import type { FunctionContext, FunctionHandler, FunctionResult, ReplyHeaders } from './handler.ts'
import { problemReply } from './problem.ts'

/** What a function answered, ready for the wire; header names in lower case. */
export type FunctionReply = {
  readonly status: number
  readonly headers: ReplyHeaders
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
}
export type Identity = Pick<FunctionContext, 'name' | 'environment'>

/** Hears of what the catalogue of errors does not know: the caller is told nothing but the call id. */
export type Unexpected = (error: unknown, name: string, callId: string) => void

/** Calls a handler as the OpenFaaS node template does. Never rejects: whatever the handler throws is an answer. */
export const answerCall = async (handler: FunctionHandler, call: FunctionCall, identity: Identity, unexpected: Unexpected): Promise<FunctionReply> => {
  const context = createContext(identity)
  try {
    const returned: unknown = await handler(functionEvent(call), context)
    const outcome = context.outcome() ?? { value: returned === context ? undefined : returned }
    if ('error' in outcome) throw asFailure(outcome.error, identity.name)
    const { status = context.code(), headers, body } = encode(outcome.value)
    return { status, headers: { ...headers, ...context.given() }, body }
  } catch (error) {
    const callId = call.headers['x-call-id'] ?? 'unknown'
    unexpected(error, identity.name, callId)
    const problem = problemReply(error, callId)
    return { status: problem.status, headers: problem.headers, body: Buffer.from(JSON.stringify(problem.body)) }
  }
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }

const createContext = (identity: Identity) => {
  let code = 200
  let given: ReplyHeaders = {}
  let outcome: Outcome | undefined
  const context: FunctionContext & { code(): number; given(): ReplyHeaders; outcome(): Outcome | undefined } = {
    ...identity,
    status: (status) => ((code = status), context),
    headers: (headers) => ((given = { ...given, ...lowerCase(headers) }), context),
    succeed: (value?: FunctionResult) => ((outcome = { value }), context),
    fail: (error) => ((outcome = { error }), context),
    code: () => code,
    given: () => given,
    outcome: () => outcome,
  }
  return context
}

const lowerCase = (headers: ReplyHeaders): ReplyHeaders =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/** `fail('why')` is told to the caller; an error that the catalogue does not know is not. */
const asFailure = (error: unknown, name: string): unknown =>
  error instanceof CatalogueError || typeof error !== 'string' ? error : failure('FUNCTION_FAILED', { name, reason: error })

/** `status` where the value has one of its own. */
const encode = (value: unknown): Pick<FunctionReply, 'headers' | 'body'> & { readonly status?: number } => {
  if (value === undefined || value === null) return { headers: {}, body: EMPTY }
  if (value instanceof Uint8Array) return { headers: { 'content-type': 'application/octet-stream' }, body: value }
  if (isPrimitive(value)) return { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(String(value)) }
  if (isResponse(value)) return { status: value.status, headers: headersOf(value), body: value.body ?? EMPTY }
  if (isStream(value)) return { headers: { 'content-type': 'application/octet-stream' }, body: value }
  return { headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) }
}

const EMPTY = new Uint8Array()

const isPrimitive = (value: unknown): value is string | number | bigint | boolean => ['string', 'number', 'bigint', 'boolean'].includes(typeof value)

const isStream = (value: unknown): value is AsyncIterable<Uint8Array> => typeof value === 'object' && value !== null && Symbol.asyncIterator in value

/** By its tag: to name the class would load all of node's fetch. */
const isResponse = (value: unknown): value is Response => Object.prototype.toString.call(value) === '[object Response]'

/** Of one that was fetched the body has been decoded: it says so no more. */
const headersOf = ({ headers, url }: Response): ReplyHeaders => {
  const kept = Object.fromEntries([...headers].filter(([name]) => url === '' || name !== 'content-encoding'))
  const cookies = headers.getSetCookie()
  return cookies.length > 0 ? { ...kept, 'set-cookie': cookies } : kept
}
