import { z } from 'zod'
import type { DomainEvent } from '../envelope.ts'

/**
 * Whether a node is to hold slots: what its operator decides, stream `drain.<node>`. The life of its agent is in `node.<node>`
 * (node/events.ts), as a deployment's is in the streams of its claims. The newest event tells all.
 */
export const drainCauseSchema = z.enum(['operator', 'shutdown'])
export type DrainCause = z.infer<typeof drainCauseSchema>

const base = { node: z.string().min(1).max(100), at: z.iso.datetime() }
/** Of an agent that shuts down it ends by itself, when an agent starts there again. */
const cause = drainCauseSchema

export const drainSchemas = {
  /** It takes no claims from now on, and what it holds is to go elsewhere. */
  NodeDrainRequested: z.strictObject({ ...base, cause }),
  /** It holds nothing any more. `requestedAt`: when that was asked for, RFC 3339. */
  NodeDrained: z.strictObject({ ...base, cause, requestedAt: z.iso.datetime() }),
  /** It takes claims again, whether it was empty or not. */
  NodeReturned: z.strictObject({ ...base }),
} as const

type Schemas = typeof drainSchemas
export type DrainEvent = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]
