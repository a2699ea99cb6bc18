import { z } from 'zod'
import { planSchema } from '../../events/deployment/settings.ts'
import { claimRequest, heldSchema, reserveRequest } from './port.ts'

/** What travels on `agent.<node>.<verb>`: requests, and what answers them. */
const claimId = z.string().min(1)

export const requests = {
  reserve: reserveRequest,
  claim: claimRequest,
  freeze: z.strictObject({ claimId }),
  thaw: z.strictObject({ claimId }),
  release: z.strictObject({ claimId, force: z.boolean() }),
  retire: z.strictObject({ plan: planSchema, generation: z.string().min(1), count: z.int().min(1) }),
  drain: z.strictObject({}),
  /** A page: those after a claim id. */
  claims: z.strictObject({ after: z.string().optional(), limit: z.int().min(1).max(1_000) }),
} as const
export type Verb = keyof typeof requests

const busy = z.object({ state: z.literal('busy'), reason: z.string() })
const claimed = z.object({ node: z.string(), slot: z.string(), address: z.string() })
const dueAt = z.string().nullable()

/** What follows `ok: true`. */
export const results = {
  reserve: z.object({}),
  claim: claimed,
  thaw: claimed,
  freeze: z.discriminatedUnion('state', [z.object({ state: z.literal('frozen'), dueAt }), busy]),
  release: z.discriminatedUnion('state', [z.object({ state: z.literal('released'), dueAt }), busy]),
  retire: z.object({ retired: z.int().min(0) }),
  drain: z.object({ drained: z.boolean() }),
  claims: z.object({ claims: z.array(heldSchema) }),
} as const

export const reply = z.discriminatedUnion('ok', [
  z.looseObject({ ok: z.literal(true) }),
  z.strictObject({ ok: z.literal(false), code: z.string(), reason: z.string(), retryAfterSeconds: z.number().optional() }),
])
export type Reply = z.infer<typeof reply>
