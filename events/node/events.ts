import { z } from 'zod'
import type { DomainEvent } from '../envelope.ts'
import { planSchema } from '../deployment/settings.ts'
import { logTailSchema } from '../log-tail.ts'

/** The life of the agent of one node, stream `node.<node>`. What it does with claims is in the instances' streams. */
const base = { node: z.string().min(1).max(100), at: z.iso.datetime() }

export const nodeSchemas = {
  /** It answers. `adopted`: claims whose slots an agent before it had left alive; `maxSlots`: claimed and spare at most. */
  AgentStarted: z.strictObject({ ...base, adopted: z.int().min(0), maxSlots: z.int().min(1) }),
  /** It was asked to end and did. */
  AgentStopped: z.strictObject({ ...base }),
  /** Nobody has heard of it for long. `lastSeenAt`: its newest sign of life that is known, RFC 3339. */
  AgentLost: z.strictObject({ ...base, lastSeenAt: z.iso.datetime() }),
  /** A slot that nobody had claimed died by itself. */
  SlotLost: z.strictObject({ ...base, slot: z.string().min(1).max(100), plan: planSchema, reason: z.string().min(1).max(500), logTail: logTailSchema }),
} as const

type Schemas = typeof nodeSchemas
export type NodeEvent = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]
