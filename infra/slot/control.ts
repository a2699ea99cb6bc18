import * as z from 'zod/mini'
import type { StorageAccess } from '../credentials/port.ts'
import type { Access, Claim, Limits, PendingErasure, Report, SigningKey } from './port.ts'

/**
 * What an agent says to its slot: one JSON object a line over the slot's unix socket, `{id, verb, ...}`, answered by one line
 * `{id, ok: true, ...}` or `{id, ok: false, code, details}`. Every verb may be said twice. Times are Unix milliseconds.
 * zod/mini: the whole of zod would cost each slot 11 MB.
 */
const storage: z.ZodMiniType<StorageAccess> = z.strictObject({
  endpoint: z.string(), region: z.string(), bucket: z.string(), prefix: z.string(),
  accessKeyId: z.string(), secretAccessKey: z.string(), sessionToken: z.string(), expiresAt: z.string(),
})
const signingKey: z.ZodMiniType<SigningKey> = z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string(), kid: z.string() })
const access: z.ZodMiniType<Access> = z.strictObject({
  open: z.boolean(), hideForbidden: z.boolean(),
  trust: z.array(z.strictObject({ issuer: z.string(), jwksUri: z.nullable(z.string()), agents: z.nullable(z.array(z.string())) })),
  client: z.strictObject({ id: z.string(), secretHash: z.string() }), signingKey,
})
const limits: z.ZodMiniType<Limits> = z.strictObject({ storedBytes: z.int(), objects: z.int(), bodyBytes: z.int(), documentBytes: z.int(), requestsPerMinute: z.int() })
const claim: z.ZodMiniType<Claim> = z.strictObject({
  claimId: z.string(), deploymentId: z.string(), epoch: z.int(), name: z.string(), baseUrl: z.string(), storage, access, limits,
  strictness: z.enum(['strict', 'lenient']), outboundAllow: z.string(),
  platform: z.strictObject({ domain: z.string(), scheme: z.enum(['http', 'https']), port: z.int() }),
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
  /** An erasure it reported has been carried out in the store; answered by `slotStatus`. */
  z.strictObject({ id, verb: z.literal('erased'), erasure: z.string() }),
])
export type ControlRequest = z.infer<typeof controlRequest>
/** A request as it is made: the connection numbers it. */
export type ControlCall = ControlRequest extends infer R ? (R extends ControlRequest ? Omit<R, 'id'> : never) : never

/** A slot may say anything: what it says goes into routes and timers. */
const moment = z.string().check(z.maxLength(40), z.refine((text) => !Number.isNaN(Date.parse(text)), 'is no time'))

const count = z.int().check(z.minimum(0))
/** Erasures in one status. */
const MOST_ERASURES = 16
const pendingErasure: z.ZodMiniType<PendingErasure> = z.strictObject({
  id: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/)), object: z.string().check(z.minLength(1), z.maxLength(512)), commit: count,
})
/** `Report` of port.ts. Bounded: it comes with every status. */
const report: z.ZodMiniType<Report> = z.strictObject({
  usage: z.strictObject({ objects: count, bytes: count }),
  limited: z.array(z.enum(['storedBytes', 'objects', 'bodyBytes', 'documentBytes', 'requestsPerMinute'])).check(z.maxLength(5)),
  erasures: z.array(pendingErasure).check(z.maxLength(MOST_ERASURES)),
})

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
  /** null while nothing is attached. */
  report: z.nullable(report),
})
export type SlotStatus = Readonly<z.infer<typeof slotStatus>>

export const quiesceAnswer = z.discriminatedUnion('state', [
  z.object({ state: z.literal('quiet'), dueAt: z.nullable(moment), report }),
  z.object({ state: z.literal('busy'), reason: z.string() }),
])
export type QuiesceAnswer = z.infer<typeof quiesceAnswer>

/** `code` and `details` of a catalogue error; INTERNAL with a `reason` for any other. */
const refusal = z.object({ id, ok: z.literal(false), code: z.string(), details: z.record(z.string(), z.union([z.string(), z.number()])) })
export type Refusal = z.infer<typeof refusal>
export const answer = z.discriminatedUnion('ok', [z.looseObject({ id, ok: z.literal(true) }), refusal])
