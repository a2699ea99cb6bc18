/** Hits: somebody waits at a waker for a deployment. Newest per deployment, in memory: a hint, never the only copy of a need. */
export type Hit = { readonly deploymentId: string; readonly claimId: string | null; /** When the first waiter came, RFC 3339. */ readonly since: string }

export type Hits = {
  /** Coalesces: the newest hit of a deployment replaces the one before. Resolves when sent, not when stored: the waker asks again. */
  publish(hit: Hit): Promise<void>
  /** The newest hit, null when there is none (or the broker restarted). */
  latest(deploymentId: string): Promise<Hit | null>
}
