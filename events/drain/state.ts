import type { DrainCause, DrainEvent } from './events.ts'

/** A node on its way out, or out of use. `requestedAt`: when that was asked for; `since`: since when it is in that status; RFC 3339. */
export type Drain = {
  readonly node: string
  readonly status: 'draining' | 'drained'
  readonly cause: DrainCause
  readonly requestedAt: string
  readonly since: string
}

/** The newest event tells all; null for a node that is in use. Total. */
export const evolve = (_: Drain | null, event: DrainEvent): Drain | null => {
  switch (event.type) {
    case 'NodeDrainRequested': {
      const { node, at, cause } = event.data
      return { node, status: 'draining', cause, requestedAt: at, since: at }
    }
    case 'NodeDrained': {
      const { node, at, cause, requestedAt } = event.data
      return { node, status: 'drained', cause, requestedAt, since: at }
    }
    case 'NodeReturned':
      return null
    default:
      event satisfies never
      return null
  }
}
