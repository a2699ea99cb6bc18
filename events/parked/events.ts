import { z } from 'zod'
import type { DomainEvent } from '../envelope.ts'

/**
 * What became of an event that a group gave up, stream `parked.<letterId>`. Its payload is in the stream PARKED; this is its
 * history. Every event says whose letter it is, so that it can be told to the deployment it concerns without another look.
 */
const base = {
  letterId: z.string().min(1).max(64),
  /** Who gave it up: a function, or another durable group. */
  group: z.string().min(1),
  /** Null when the event did not say its type, or no deployment. */
  eventType: z.string().min(1).max(200).nullable(),
  deploymentId: z.string().min(1).max(64).nullable(),
  at: z.iso.datetime(),
}
/** Why an operator did it; null when nothing was said. */
const note = { reason: z.string().min(1).max(500).nullable() }

export const parkedSchemas = {
  /** Given up: for the first time, or again after a redrive. */
  EventParked: z.strictObject({
    ...base,
    /** Where it lay: stream, subject, sequence there. */
    stream: z.string().min(1),
    subject: z.string().min(1),
    sequence: z.int().min(0),
    eventId: z.string().min(1).max(200).nullable(),
    reason: z.string().min(1).max(1_000),
    /** Attempts that counted, of this round. */
    attempts: z.int().min(0),
  }),
  RedriveRequested: z.strictObject({ ...base, ...note }),
  /** Delivered at last; `attempts` that counted, of this round. */
  EventRedriven: z.strictObject({ ...base, attempts: z.int().min(1) }),
  EventDiscarded: z.strictObject({ ...base, ...note }),
} as const

type Schemas = typeof parkedSchemas
export type ParkedEvent = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]
