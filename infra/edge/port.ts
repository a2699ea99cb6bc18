import { z } from 'zod'
import type { Route } from '../routes/port.ts'

/**
 * What functions ask of all live edges. A live edge has a lease in KV `edges` (key = edge id, TTL). Each verb is a NATS
 * request to `edge.<id>.<verb>` with the JSON below; an edge that does not answer in time counts as busy.
 */
export const edgeClaim = z.strictObject({
  deploymentId: z.string(),
  claimId: z.string(),
  /** Of `quiesce`: position of the event that asks for it (PauseRequested). Only a route that follows from a later one ends the quiet by itself. */
  sequence: z.string().regex(/^\d+$/).optional(),
  /** Of `quiesce`: the route stays out also while requests are in flight, and comes back by itself after so many milliseconds unless asked again. */
  holdMs: z.int().min(1).max(600_000).optional(),
})
export type EdgeClaim = Readonly<z.infer<typeof edgeClaim>>

/** Verb `quiesce`: takes the route of the claim out (new requests go to the waker, which holds them), then looks whether any is in flight. */
export const quiesceReply = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('quiesced'), requests: z.int().min(0) }),
  z.strictObject({ state: z.literal('busy'), reason: z.string() }),
])
/** Verb `activity`: requests in flight (WebSockets and what the waker holds included), milliseconds since the last request began or ended (null: none yet), requests in all. */
export const activityReply = z.strictObject({ inFlight: z.int().min(0), idleMs: z.number().min(0).nullable(), requests: z.int().min(0) })

export type Quiesced = z.infer<typeof quiesceReply>
export type Activity = Readonly<z.infer<typeof activityReply>>

/** Message on subject `edges.awake`, to every edge, without an answer. `address`: `ip:port` of the slot. */
export const awakeMessage = z.strictObject({ deploymentId: z.string(), claimId: z.string(), address: z.string() })
export type Awake = Readonly<z.infer<typeof awakeMessage>>

/** Why no edge is asked just after the broker came back: some may not have. Whoever wanted a sleep for good asks again. */
export const EDGES_COMING_BACK = 'the broker was restarted; edges are still coming back'

export type Edges = {
  /**
   * Tells the edges that the slot of a claim serves again, under its lease, before the route says so: wakers pass on who waits
   * while the event is being stored. A hint: it may be lost, and the route follows in any case.
   */
  awake(claim: Awake): void
  /**
   * Tells every live edge a route at once, so that whoever was just told of a deployment finds it. Verb `learn`. Resolves when
   * they have it, or after a moment all the same: they hear of it through the KV in any case.
   */
  learn(route: Route): Promise<void>
  /** The barrier over every live edge. `requests`: those counted for the claim since it was last awake, over all edges. */
  quiesce(claim: EdgeClaim): Promise<Quiesced>
  /**
   * The same barrier for a slot that is to be followed by another one: new requests are held by the wakers until what is in flight
   * has ended, or for `withinMs`. Busy, the route is back, unless they are to be held all the same (`keep`).
   */
  hold(claim: EdgeClaim, options: { readonly withinMs: number; readonly keep: boolean }): Promise<Quiesced>
  /** Puts the route back as the KV has it (after busy). Verb `restore`. */
  restore(claim: EdgeClaim): Promise<void>
  /** Over all live edges: sums, and the shortest idle time. @throws EDGE_UNAVAILABLE when one does not answer */
  activity(claim: EdgeClaim): Promise<Activity>
}
