import type { Plan } from '../deployment/settings.ts'
import { spoken } from '../text.ts'
import { MOST_REFUSALS, type CapacityEvent } from './events.ts'

/** Decisions about the slots of one plan, from the newest event of it. Pure: time comes in. [] means that it was said. */
type At = { readonly at: string }
export type Refusal = { readonly node: string; readonly reason: string }

export const exhausted = ({ plan, at, refusals }: At & { readonly plan: Plan; readonly refusals: readonly Refusal[] }, newest: CapacityEvent | null): CapacityEvent[] =>
  newest?.type === 'SlotsExhausted'
    ? []
    : [{ type: 'SlotsExhausted', data: { plan, at, refusals: refusals.slice(0, MOST_REFUSALS).map(({ node, reason }) => ({ node, reason: spoken(reason, 500) || 'no reason was given' })) } }]

export const freeAgain = ({ at }: At, newest: CapacityEvent | null): CapacityEvent[] =>
  newest?.type === 'SlotsExhausted' ? [{ type: 'SlotsFreeAgain', data: { plan: newest.data.plan, at, exhaustedAt: newest.data.at } }] : []
