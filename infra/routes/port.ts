import { z } from 'zod'

/**
 * What the edge must know of one deployment, KV bucket `routes` (memory, history 1), key = deploymentId, value JSON.
 * A route is `routed` (to `address`), `asleep` (a hit wakes it), or one of the answers the edge gives by itself.
 */
export const routeSchema = z.strictObject({
  deploymentId: z.string(),
  /** DNS label; the host is `<name>.<deployments domain>`. */
  name: z.string(),
  /** null before the first claim. */
  claimId: z.string().nullable(),
  state: z.enum(['routed', 'asleep', 'stopped', 'failed', 'deleted']),
  /** `ip:port` of the slot while routed, else null. */
  address: z.string().nullable(),
  /** Why it is stopped or failed, in a sentence for visitors. */
  reason: z.string().nullable(),
  /** Position (decimal stream sequence) of the event this follows from: the fence. An older one never replaces a newer. */
  sequence: z.string(),
})
export type Route = Readonly<z.infer<typeof routeSchema>>

/** The one writer of routes. */
export type Routes = {
  /** Writes unless a route of the same or a later sequence is there (compare-and-set). Resolves to what stands now. @throws STORE_UNAVAILABLE */
  put(route: Route): Promise<Route>
  get(deploymentId: string): Promise<Route | null>
}
