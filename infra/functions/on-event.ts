import { readEvent, type PlaygroundEvent } from '../../events/catalogue.ts'
import { failure, kindOf, type ErrorKind } from '../../events/errors.ts'
import type { Message } from '../../events/messages.ts'
import { readConfig, secret } from '../config.ts'
import { refusal, SIGNATURE_HEADER } from '../delivery/signature.ts'
import { causeOf, signedPart, type Cause } from './cause.ts'
import type { FunctionEvent, FunctionHandler } from './handler.ts'
import { parseJson } from './json.ts'
import { problemReply } from './problem.ts'
import { logUnexpected } from './unexpected.ts'

export type { Cause }

export type Known = PlaygroundEvent | Message
/** The event or message with that type: `EventOf<'ClaimRequested'>`; of several, their union. */
export type EventOf<T extends Known['type']> = Extract<Known, { readonly type: T }>

/** Decides from the loaded aggregate, never from the event alone: it may run twice, and late. */
export type Reaction<T extends Known['type'], P> = (event: EventOf<T>, cause: Cause, platform: P) => unknown

export type OnEventOptions = {
  /** Key deliveries are signed with; by default the secret `signing-key`. */
  readonly signingKey?: () => string
}

/** A failed reaction answers by kind alone, so that 401 and 404 always mean the way here, never what the reaction met. */
const STATUS: Readonly<Record<ErrorKind, number>> = { rejected: 422, conflict: 409, transient: 503, poison: 422 }

/**
 * The handler of a function that reacts to events: takes signed deliveries of the named types, answers 204 when `react` is
 * done, problem details with `code` when it is not. `platform` is asked at each call and should keep what it made.
 */
export const onEvent = <T extends Known['type'], P>(
  types: readonly T[], react: Reaction<T, P>, platform: () => Promise<P>, options: OnEventOptions = {},
): FunctionHandler => {
  const signingKey = once(options.signingKey ?? (() => secret(readConfig(), 'signing-key')))
  const accepted = new Set<string>(types)

  return async (event, context) => {
    const callId = event.headers['x-call-id'] ?? 'unknown'
    const refuse = (error: unknown, status?: number) => {
      logUnexpected(error, context.name, callId)
      const reply = problemReply(error, callId)
      return context.status(status ?? reply.status).headers(reply.headers).succeed({ ...reply.body, status: status ?? reply.status })
    }
    let taken: { readonly event: EventOf<T>; readonly cause: Cause }
    try {
      taken = accept<T>(event, context.name, accepted, signingKey())
    } catch (error) {
      return refuse(error)
    }
    try {
      await react(taken.event, taken.cause, await platform())
      return context.status(204).succeed()
    } catch (error) {
      return refuse(error, STATUS[kindOf(error)])
    }
  }
}

const accept = <T extends Known['type']>(event: FunctionEvent, name: string, accepted: ReadonlySet<string>, key: string) => {
  const { headers, method, path, rawBody } = event
  if (method !== 'POST') throw failure('METHOD_NOT_ALLOWED', { method, path, allowed: 'POST' })
  const reason = refusal(key, signedPart(headers, rawBody), headers[SIGNATURE_HEADER], Date.now())
  if (reason !== null) throw failure('UNSIGNED_DELIVERY', { reason })
  const { cause, version } = causeOf(headers, name)
  if (!accepted.has(cause.type)) throw failure('EVENT_NOT_TAKEN', { name, type: cause.type, known: [...accepted].join(', ') })
  return { event: readEvent<EventOf<T>>(cause.type, version, parseJson(rawBody)), cause }
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
