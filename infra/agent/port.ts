import { z } from 'zod'
import { planSchema, settingsSchema, type Plan } from '../../events/deployment/settings.ts'

/**
 * What functions ask of an agent: NATS requests to `agent.<node>.<verb>` with the JSON below, answered by
 * `{ok: true, ...}` or `{ok: false, code, reason, retryAfterSeconds?}` (code: a catalogue error code).
 * Every verb may be sent twice: the answer to a repeated one is the answer to the first.
 */
export const claimRequest = z.strictObject({
  claimId: z.string(), deploymentId: z.string(), epoch: z.int().min(0), name: z.string(), plan: planSchema, settings: settingsSchema,
  /** Of its credentials (events/deployment/state.ts). */
  generation: z.int().min(1),
  /** Public base URL of the deployment, no slash at its end. */
  baseUrl: z.url(),
})
export type ClaimRequest = Readonly<z.infer<typeof claimRequest>>
/** What has to be known of a deployment to set a slot aside for it. */
export const reserveRequest = claimRequest.pick({ deploymentId: true, plan: true, generation: true })
export type ReserveRequest = Readonly<z.infer<typeof reserveRequest>>
export type Claimed = { readonly node: string; readonly slot: string; /** `ip:port` */ readonly address: string }

/** `dueAt`: when the instance next has work of its own (a notification retry), null when it owes nothing. */
export type Frozen = { readonly state: 'frozen'; readonly dueAt: string | null } | { readonly state: 'busy'; readonly reason: string }
export type Released = { readonly state: 'released'; readonly dueAt: string | null } | { readonly state: 'busy'; readonly reason: string }

/** Heartbeat in KV `nodes`, key = node, TTL: written by the agent every second or so and on every change of free slots. */
export const heartbeat = z.strictObject({
  node: z.string(),
  at: z.iso.datetime(),
  /** Warm slots nobody has claimed, by plan. */
  free: z.record(z.string(), z.int().min(0)),
  claimed: z.int().min(0),
  /** One-minute load per core; PSI avg10 of cpu, memory, io in percent (0 where the kernel has none); free memory in bytes. */
  load: z.number(), psi: z.strictObject({ cpu: z.number(), memory: z.number(), io: z.number() }), memoryFreeBytes: z.number(),
  /** Claims of the last minute that found no warm slot here, by plan. */
  missed: z.record(z.string(), z.int().min(0)).optional(),
  /** Where slots come in generations (infra/slot-keeper): the slots of each, warm ones and claimed ones. */
  slots: z.record(z.string(), z.strictObject({ plan: z.string(), free: z.int().min(0), claimed: z.int().min(0) })).optional(),
  /** Claims whose slots are of a generation that is offered no more: they are to be moved. */
  outdated: z.int().min(0).optional(),
  /** Its node is drained: it takes no claims, and what it holds goes elsewhere. */
  draining: z.boolean().optional(),
})
export type Heartbeat = Readonly<z.infer<typeof heartbeat>>

/**
 * A claim as its agent holds it; `since`: when that agent took it or found it, RFC 3339. `outdated`: its slot is of a generation that is
 * offered no more (another image, other limits); any later claim gets a slot of the one that is.
 */
export const heldSchema = z.strictObject({ claimId: z.string(), deploymentId: z.string(), since: z.iso.datetime(), state: z.enum(['running', 'frozen']), outdated: z.boolean() })
export type Held = Readonly<z.infer<typeof heldSchema>>

/** Who gives signs of life, as the broker has them now; `ageMs`: for how long it has kept them: absence counts from a few seconds on. */
export type SignsOfLife = { readonly alive: readonly string[]; readonly ageMs: number }

export type Agents = {
  /** All live nodes. */
  heard(): readonly Heartbeat[]
  /** Live nodes that offer the plan and are not drained: those with a free slot first, least loaded first; from the KV watch, no lookup per call. A node without a free slot may make one. */
  candidates(plan: string): readonly Heartbeat[]
  /** Verb `reserve`: sets a warm slot aside for a claim that follows within seconds; a later one finds it gone, and gets another if there is one. @throws NO_SLOT_FREE, AGENT_UNAVAILABLE, CREDENTIALS_UNAVAILABLE */
  reserve(node: string, request: ReserveRequest): Promise<void>
  /** Verb `claim`: a warm slot for (deployment, epoch), fenced, serving, its lease confirmed. @throws NO_SLOT_FREE, AGENT_UNAVAILABLE, CREDENTIALS_UNAVAILABLE */
  claim(node: string, request: ClaimRequest): Promise<Claimed>
  /** Verb `freeze`: quiesce, freeze, look at the sockets' queues; busy thaws again. @throws AGENT_UNAVAILABLE, CLAIM_UNKNOWN */
  freeze(node: string, claimId: string): Promise<Frozen>
  /** Verb `thaw`: answers when the slot serves under a fresh lease; of a running one, at once. @throws AGENT_UNAVAILABLE, CLAIM_UNKNOWN */
  thaw(node: string, claimId: string): Promise<Claimed>
  /** Verb `release`: quiesce unless `force`, then the slot exits and is replaced. A claim it does not know is released. @throws AGENT_UNAVAILABLE */
  release(node: string, claimId: string, options: { readonly force: boolean }): Promise<Released>
  /** Verb `retire`: so many spares of a generation end and are not replaced; resolves to how many did. @throws AGENT_UNAVAILABLE */
  retire(node: string, request: { readonly plan: Plan; readonly generation: string; readonly count: number }): Promise<number>
  /** Verb `claims`: all it holds, by claim id. @throws AGENT_UNAVAILABLE */
  claims(node: string): Promise<readonly Held[]>
  /** Verb `drain`: looks anew whether its node is to be drained; resolves to whether it takes no claims any more. @throws AGENT_UNAVAILABLE */
  drain(node: string): Promise<boolean>
  /** Read anew. @throws STORE_UNAVAILABLE */
  signsOfLife(): Promise<SignsOfLife>
  close(): Promise<void>
}

