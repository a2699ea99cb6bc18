import type { NodeEvent } from './events.ts'

/** A node as its own stream tells it. `stopped`: its agent ended when asked to; `lost`: nobody hears of it. */
export type Node = { readonly node: string; readonly status: 'started' | 'stopped' | 'lost'; /** Since when, RFC 3339. */ readonly since: string }

/** Total: what makes no sense before a start changes nothing. */
export const evolve = (state: Node | null, event: NodeEvent): Node | null => {
  const { node, at } = event.data
  switch (event.type) {
    case 'AgentStarted':
      return { node, status: 'started', since: at }
    case 'AgentStopped':
      return state && { node, status: 'stopped', since: at }
    case 'AgentLost':
      return state && { node, status: 'lost', since: at }
    case 'SlotLost':
      return state
    default:
      event satisfies never
      return state
  }
}
