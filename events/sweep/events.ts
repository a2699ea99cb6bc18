import { z } from 'zod'
import type { DomainEvent } from '../envelope.ts'

/** What was deleted from the store of a record since nobody needed it any more, stream `sweep.<deployment>`. */
export const sweepSchemas = {
  /** How many object versions: pages of the index that newer ones replaced, and documents that are replaced, taken away or were never whole. */
  RecordSwept: z.strictObject({ deploymentId: z.string().min(1).max(64), objects: z.int().min(1), bytes: z.int().min(0), at: z.iso.datetime() }),
} as const

type Schemas = typeof sweepSchemas
export type SweepEvent = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]
