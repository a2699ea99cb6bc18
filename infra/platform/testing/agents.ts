import { failure } from '../../../events/errors.ts'
import { memoryAgents, type MemoryAgents } from '../../agent/memory.ts'
import type { Frozen, Heartbeat } from '../../agent/port.ts'

export type Held = { readonly claimId: string; readonly deploymentId: string; readonly node: string; readonly frozen: boolean }

export type TestAgents = MemoryAgents & {
  /** What is claimed now. */
  held(): readonly Held[]
  /** What a slot answers when it is asked to be quiet; `dueAt` of one that sleeps. */
  quiet: Frozen
  /** Free slots on every node together. */
  free: number
  /** Nodes whose agents answer nobody; their slots are as they were. */
  readonly away: Set<string>
  /** Nodes whose agents say that they take no claims. */
  readonly drained: Set<string>
  /** For how long the broker has kept signs of life. */
  signsAgeMs: number
  /** The slot of a claim ends by itself. */
  kill(claimId: string): Promise<void>
}

const HEARD_AT = '2026-01-01T00:00:00.000Z'

const heartbeat = (node: string): Heartbeat => ({
  node, at: HEARD_AT, free: { small: 4 }, claimed: 0, load: 0, psi: { cpu: 0, memory: 0, io: 0 }, memoryFreeBytes: 2 ** 30,
})

/**
 * Agents in memory that keep slots as infra/agent/claims.ts does: an epoch that has ended is never claimed again. `isDrained`: what an
 * agent finds when it looks whether its node is.
 */
export const testAgents = (nodes: readonly string[], isDrained: (node: string) => Promise<boolean>): TestAgents => {
  const held = new Map<string, Held>()
  const ended = new Map<string, number>()
  const away = new Set<string>()
  const drained = new Set<string>()
  const answering = <T>(node: string, answer: () => T): T => {
    if (away.has(node)) throw failure('AGENT_UNAVAILABLE', { node, reason: 'timeout' })
    return answer()
  }
  const taking = (node: string): void => {
    if (drained.has(node) || held.size >= agents.free) throw failure('NO_SLOT_FREE', { retryAfterSeconds: 5 })
  }
  const inner = memoryAgents({
    nodes: nodes.map(heartbeat),
    reserve: (node) => answering(node, () => taking(node)),
    claim: (node, { claimId, deploymentId, epoch }) => answering(node, () => {
      if ((ended.get(deploymentId) ?? -1) >= epoch) throw failure('CLAIM_SUPERSEDED', { claimId })
      taking(node)
      held.set(claimId, { claimId, deploymentId, node, frozen: false })
      return { node, slot: `slot-of-${claimId}`, address: `127.0.0.1:${20_000 + epoch}` }
    }),
    freeze: (node, claimId) => answering(node, () => {
      if (agents.quiet.state === 'frozen') mark(claimId, true)
      return agents.quiet
    }),
    thaw: (node, claimId) => answering(node, () => mark(claimId, false)),
    release: (node, claimId, force) => answering(node, () => {
      if (agents.quiet.state === 'busy' && !force && held.has(claimId)) return agents.quiet
      forget(claimId)
      return { state: 'released', dueAt: agents.quiet.state === 'frozen' ? agents.quiet.dueAt : null }
    }),
    claims: (node) => answering(node, () => [...held.values()].filter((one) => one.node === node)
      .map(({ claimId, deploymentId, frozen }) => ({ claimId, deploymentId, since: HEARD_AT, state: frozen ? 'frozen' as const : 'running' as const, outdated: false }))),
    signsOfLife: () => ({ alive: nodes.filter((node) => !away.has(node)), ageMs: agents.signsAgeMs }),
  })
  const mark = (claimId: string, frozen: boolean): void => {
    const one = held.get(claimId)
    if (one) held.set(claimId, { ...one, frozen })
  }
  const forget = (claimId: string): void => {
    const one = held.get(claimId)
    if (one) ended.set(one.deploymentId, Math.max(ended.get(one.deploymentId) ?? -1, Number(claimId.slice(one.deploymentId.length + 1))))
    held.delete(claimId)
  }
  const agents: TestAgents = {
    ...inner,
    quiet: { state: 'frozen', dueAt: null },
    free: 100,
    away,
    drained,
    signsAgeMs: 3_600_000,
    heard: () => inner.heard().filter(({ node }) => !away.has(node)).map((beat) => ({ ...beat, draining: drained.has(beat.node) })),
    candidates: (plan) => inner.candidates(plan).filter(({ node }) => !away.has(node) && !drained.has(node)),
    drain: async (node) => {
      await answering(node, () => inner.drain(node))
      if (await isDrained(node)) drained.add(node)
      else drained.delete(node)
      return drained.has(node)
    },
    held: () => [...held.values()],
    kill: async (claimId) => {
      const one = held.get(claimId)
      if (!one) return
      const epoch = ended.get(one.deploymentId)
      await inner.release(one.node, claimId, { force: true })
      // it was not ended: asked for again, the same claim gets another slot
      if (epoch === undefined) ended.delete(one.deploymentId)
      else ended.set(one.deploymentId, epoch)
    },
  }
  return agents
}
