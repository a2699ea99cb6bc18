import type { DrainCause, DrainEvent } from './events.ts'
import type { Drain } from './state.ts'

/** Decisions about the use of a node. Pure: time comes in. [] means there is nothing to do: said twice, done once. */
type At = { readonly at: string }

/** What an operator asks for outlasts a shutdown that asked first. */
export const requestDrain = ({ node, cause, at }: At & { readonly node: string; readonly cause: DrainCause }, drain: Drain | null): DrainEvent[] =>
  drain === null || (drain.cause === 'shutdown' && cause === 'operator') ? [{ type: 'NodeDrainRequested', data: { node, at, cause } }] : []

/** Nothing is held there any more. */
export const drained = ({ at }: At, drain: Drain | null): DrainEvent[] =>
  drain?.status === 'draining' ? [{ type: 'NodeDrained', data: { node: drain.node, at, cause: drain.cause, requestedAt: drain.requestedAt } }] : []

export const returned = ({ at }: At, drain: Drain | null): DrainEvent[] => (drain ? [{ type: 'NodeReturned', data: { node: drain.node, at } }] : [])

/** An agent has started where one shut down: what that asked for is over. */
export const restarted = (now: At, drain: Drain | null): DrainEvent[] => (drain?.cause === 'shutdown' ? returned(now, drain) : [])
