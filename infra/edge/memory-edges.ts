import type { Route } from '../routes/port.ts'
import type { Activity, Awake, EdgeClaim, Edges, Quiesced } from './port.ts'

/** One edge in memory, for tests: what it answers can be set, what it was asked can be read. */
export const memoryEdges = (): Edges & {
  activityNow: Activity
  /** What `quiesce` answers. */
  quiescedNow: Quiesced
  readonly quiesced: readonly EdgeClaim[]
  readonly held: readonly EdgeClaim[]
  readonly restored: readonly EdgeClaim[]
  readonly learned: readonly Route[]
  readonly woken: readonly Awake[]
} => {
  const quiesced: EdgeClaim[] = []
  const held: EdgeClaim[] = []
  const restored: EdgeClaim[] = []
  const learned: Route[] = []
  const woken: Awake[] = []
  return {
    activityNow: { inFlight: 0, idleMs: null, requests: 0 },
    quiescedNow: { state: 'quiesced', requests: 0 },
    quiesced,
    held,
    restored,
    learned,
    woken,
    awake: (claim) => void woken.push(claim),
    async learn(route) {
      learned.push(route)
    },
    async quiesce(claim) {
      quiesced.push(claim)
      return this.quiescedNow
    },
    async hold(claim) {
      held.push(claim)
      return this.quiescedNow
    },
    async restore(claim) {
      restored.push(claim)
    },
    async activity() {
      return this.activityNow
    },
  }
}
