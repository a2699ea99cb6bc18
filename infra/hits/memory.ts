import { parseEvent } from '../../events/catalogue.ts'
import type { Hit, Hits } from './port.ts'

/** Hits in memory, for tests: the newest of each deployment stands in `hits`. */
export const memoryHits = (): Hits & { readonly hits: ReadonlyMap<string, Hit> } => {
  const hits = new Map<string, Hit>()
  return {
    hits,
    publish: async (hit) => {
      parseEvent('ProxyHit', hit)
      hits.set(hit.deploymentId, hit)
    },
    latest: async (deploymentId) => hits.get(deploymentId) ?? null,
  }
}
