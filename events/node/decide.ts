import { logTailOf } from '../log-tail.ts'
import type { Plan } from '../deployment/settings.ts'
import { spoken } from '../text.ts'
import type { NodeEvent } from './events.ts'
import type { Node } from './state.ts'

/** Decisions about the agent of a node. Pure: time comes in. [] means there is nothing to do. */
type At = { readonly at: string }

/** Each start is one: also of an agent that nobody saw end. */
export const started = (fact: At & { readonly node: string; readonly adopted: number; readonly maxSlots: number }): NodeEvent[] => [
  { type: 'AgentStarted', data: { node: fact.node, at: fact.at, adopted: fact.adopted, maxSlots: fact.maxSlots } },
]

export const stopped = ({ at }: At, node: Node | null): NodeEvent[] => (node?.status === 'started' ? [{ type: 'AgentStopped', data: { node: node.node, at } }] : [])

/** One that ended when asked to is lost as well when it stays away with claims of its own. */
export const lost = ({ at, lastSeenAt }: At & { readonly lastSeenAt: string }, node: Node | null): NodeEvent[] =>
  node && node.status !== 'lost' ? [{ type: 'AgentLost', data: { node: node.node, at, lastSeenAt } }] : []

type DeadSlot = At & { readonly node: string; readonly slot: string; readonly plan: Plan; readonly reason: string; readonly output: readonly string[] }

export const slotLost = ({ node, slot, plan, reason, output, at }: DeadSlot): NodeEvent[] => [
  { type: 'SlotLost', data: { node, at, slot, plan, reason: spoken(reason, 500) || 'no reason was given', logTail: logTailOf(output) } },
]
