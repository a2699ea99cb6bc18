import type { NodeEvent } from './events.ts'

/** A node as its own stream tells it. `stopped`: its agent ended when asked to; `lost`: nobody hears of it. */
export type Node = {
  readonly node: string
  readonly status: 'started' | 'stopped' | 'lost'
  /** Since when, RFC 3339. */
  readonly since: string
  /** Its newest sign of life that its own stream tells of. */
  readonly lastSeenAt: string
}

/** The newest event tells all: whoever tells of a slot has started. Total. */
export const evolve = (state: Node | null, event: NodeEvent): Node | null => {
  const { node, at } = event.data
  switch (event.type) {
    case 'AgentStarted':
      return { node, status: 'started', since: at, lastSeenAt: at }
    case 'AgentStopped':
      return { node, status: 'stopped', since: at, lastSeenAt: at }
    case 'AgentLost':
      return { node, status: 'lost', since: at, lastSeenAt: event.data.lastSeenAt }
    case 'SlotLost':
      return { node, status: 'started', since: state?.status === 'started' ? state.since : at, lastSeenAt: at }
    default:
      event satisfies never
      return state
  }
}
