import { failure } from '../../events/errors.ts'
import { rank } from './client.ts'
import type { Agents, Claimed, ClaimRequest, Frozen, Heartbeat, Held, Released, SignsOfLife } from './port.ts'

/** What a fake agent answers; a script may throw errors of the catalogue. By default everything works, on one node. */
export type AgentScript = {
  readonly nodes?: readonly Heartbeat[]
  readonly claim?: (node: string, request: ClaimRequest) => Claimed
  readonly reserve?: (node: string, deploymentId: string) => void
  readonly drain?: (node: string) => boolean
  readonly freeze?: (node: string, claimId: string) => Frozen
  readonly thaw?: (node: string, claimId: string) => void
  readonly claims?: (node: string) => readonly Held[]
  readonly signsOfLife?: () => SignsOfLife
  readonly release?: (node: string, claimId: string, force: boolean) => Released
}

/** A call as it came, `thaw node-1 demo-3`. */
export type MemoryAgents = Agents & { readonly calls: readonly string[] }

const NODE: Heartbeat = {
  node: 'node-1', at: '2026-01-01T00:00:00.000Z', free: { small: 4 }, claimed: 0, load: 0, psi: { cpu: 0, memory: 0, io: 0 }, memoryFreeBytes: 2 ** 30,
}

/** Agents in memory, for tests of functions: they remember what was claimed, and what they were asked. */
export const memoryAgents = (script: AgentScript = {}): MemoryAgents => {
  const calls: string[] = []
  const claims = new Map<string, Claimed>()
  const claimedAs = (node: string, claimId: string): Claimed => {
    const claimed = claims.get(claimId)
    if (!claimed) throw failure('CLAIM_UNKNOWN', { node, claimId })
    return claimed
  }
  return {
    calls,
    candidates: (plan) => rank(script.nodes ?? [NODE], plan),
    heard: () => script.nodes ?? [NODE],
    reserve: async (node, { deploymentId }) => {
      calls.push(`reserve ${node} ${deploymentId}`)
      script.reserve?.(node, deploymentId)
    },
    claim: async (node, request) => {
      calls.push(`claim ${node} ${request.claimId}`)
      const made = claims.get(request.claimId) ?? script.claim?.(node, request) ?? { node, slot: `slot-${claims.size + 1}`, address: `127.0.0.1:${20_000 + claims.size}` }
      claims.set(request.claimId, made)
      return made
    },
    freeze: async (node, claimId) => {
      calls.push(`freeze ${node} ${claimId}`)
      claimedAs(node, claimId)
      return script.freeze?.(node, claimId) ?? { state: 'frozen', dueAt: null }
    },
    thaw: async (node, claimId) => {
      calls.push(`thaw ${node} ${claimId}`)
      script.thaw?.(node, claimId)
      return claimedAs(node, claimId)
    },
    release: async (node, claimId, { force }) => {
      calls.push(`release ${node} ${claimId}${force ? ' force' : ''}`)
      const released = script.release?.(node, claimId, force) ?? { state: 'released', dueAt: null }
      if (released.state === 'released') claims.delete(claimId)
      return released
    },
    retire: async (node, { generation, count }) => {
      calls.push(`retire ${node} ${generation} ${count}`)
      return count
    },
    drain: async (node) => {
      calls.push(`drain ${node}`)
      return script.drain?.(node) ?? false
    },
    claims: async (node) => script.claims?.(node) ?? [],
    signsOfLife: async () => script.signsOfLife?.() ?? { alive: (script.nodes ?? [NODE]).map(({ node }) => node), ageMs: Infinity },
    close: async () => {},
  }
}
