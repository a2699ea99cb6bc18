import { z } from 'zod'
import type { DomainEvent } from '../envelope.ts'
import { planSchema } from '../deployment/settings.ts'

/** Whether slots can be had at all, by plan: stream `capacity.<plan>`. The newest event tells all. */
const base = { plan: planSchema, at: z.iso.datetime() }

/** Nodes that said why they took no claim, at most so many; those that are drained are not asked. */
export const MOST_REFUSALS = 100
const refusal = z.strictObject({ node: z.string().min(1).max(100), reason: z.string().min(1).max(500) })

export const capacitySchemas = {
  /** No node took a claim. What waits for one is tried again; the owners' deployments say so too, in the end as failed. */
  SlotsExhausted: z.strictObject({ ...base, refusals: z.array(refusal).max(MOST_REFUSALS) }),
  /** There are free slots again. `exhaustedAt`: since when there had been none, RFC 3339. */
  SlotsFreeAgain: z.strictObject({ ...base, exhaustedAt: z.iso.datetime() }),
} as const

type Schemas = typeof capacitySchemas
export type CapacityEvent = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]
