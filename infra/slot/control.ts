import * as z from 'zod/mini'
import type { StorageAccess } from '../credentials/port.ts'
import type { Claim } from './port.ts'

/**
 * What an agent says to its slot: one JSON object a line over the slot's unix socket, `{id, verb, ...}`, answered by one line
 * `{id, ok: true, ...}` or `{id, ok: false, code, details}`. Every verb may be said twice. Times are Unix milliseconds.
 * zod/mini: the whole of zod would cost each slot 11 MB.
 */
const storage: z.ZodMiniType<StorageAccess> = z.strictObject({
  endpoint: z.string(), region: z.string(), bucket: z.string(), prefix: z.string(),
  accessKeyId: z.string(), secretAccessKey: z.string(), sessionToken: z.string(), expiresAt: z.string(),
})
const claim: z.ZodMiniType<Claim> = z.strictObject({
  claimId: z.string(), deploymentId: z.string(), epoch: z.int(), name: z.string(), baseUrl: z.string(), maxBodyBytes: z.int(), storage,
})
const id = z.int()
/** Until when the slot may answer. */
const leaseUntil = z.number()

export const controlRequest = z.discriminatedUnion('verb', [
  /** Answered by `slotStatus`. */
  z.strictObject({ id, verb: z.literal('status') }),
  /** Takes the slot for good; answered when it serves. `header`: the only value of the claim header it answers to. */
  z.strictObject({ id, verb: z.literal('claim'), claim, header: z.string(), leaseUntil }),
  /** Prolongs the lease; answered by `slotStatus`. */
  z.strictObject({ id, verb: z.literal('confirm'), leaseUntil, storage: z.optional(storage) }),
  /** Answered by `quiesceAnswer`. A quiet slot reads nothing from its sockets, so what comes is seen in the kernel's queues. */
  z.strictObject({ id, verb: z.literal('quiesce') }),
  /** After a thaw, or a freeze that was not to be: nothing is served before it. */
  z.strictObject({ id, verb: z.literal('resume'), epoch: z.int(), leaseUntil, storage: z.optional(storage) }),
])
export type ControlRequest = z.infer<typeof controlRequest>
/** A request as it is made: the connection numbers it. */
export type ControlCall = ControlRequest extends infer R ? (R extends ControlRequest ? Omit<R, 'id'> : never) : never

/** A slot may say anything: what it says goes into routes and timers. */
const moment = z.string().check(z.maxLength(40), z.refine((text) => !Number.isNaN(Date.parse(text)), 'is no time'))

export const slotStatus = z.object({
  state: z.enum(['spare', 'attaching', 'serving', 'quiet', 'deposed']),
  port: z.int().check(z.minimum(1), z.maximum(65_535)),
  /** null for a spare. */
  claim: z.nullable(z.strictObject({ claimId: z.string(), deploymentId: z.string(), epoch: z.int() })),
  /** When its credentials lapse, RFC 3339. */
  credentialsUntil: z.nullable(moment),
  /** When it next has work of its own, RFC 3339; known while it is quiet. */
  dueAt: z.nullable(moment),
  inFlight: z.int(),
})
export type SlotStatus = Readonly<z.infer<typeof slotStatus>>

export const quiesceAnswer = z.discriminatedUnion('state', [
  z.object({ state: z.literal('quiet'), dueAt: z.nullable(moment) }),
  z.object({ state: z.literal('busy'), reason: z.string() }),
])
export type QuiesceAnswer = z.infer<typeof quiesceAnswer>

/** `code` and `details` of a catalogue error; INTERNAL with a `reason` for any other. */
const refusal = z.object({ id, ok: z.literal(false), code: z.string(), details: z.record(z.string(), z.union([z.string(), z.number()])) })
export type Refusal = z.infer<typeof refusal>
export const answer = z.discriminatedUnion('ok', [z.looseObject({ id, ok: z.literal(true) }), refusal])
