import type { NatsConnection } from '@nats-io/transport-node'
import { CATALOGUE, failure, type ErrorCode } from '../../events/errors.ts'
import type { Log } from '../log.ts'
import { subject } from '../nats/subjects.ts'
import { tracedHeaders } from '../tracing/messages.ts'
import { span } from '../tracing/span.ts'
import { readSignsOfLife, watchNodes } from './nodes.ts'
import type { Agents, Heartbeat, Held } from './port.ts'
import { reply, results, type Verb } from './wire.ts'

/**
 * Longest wait for an agent, milliseconds. A claim may wait for a new slot and attach to the object store; a thaw takes one
 * millisecond, or never comes when the broker lost the question.
 */
const TIMEOUT_MS: Readonly<Record<Verb, number>> = { reserve: 10_000, claim: 25_000, thaw: 3_000, freeze: 10_000, release: 15_000, retire: 15_000, drain: 5_000, claims: 3_000 }

/** Claims in one answer; each takes about 130 bytes of a message's megabyte. */
const PAGE = 1_000

/** All agents, by NATS. Resolves when the nodes alive are known. */
export const natsAgents = async (connection: NatsConnection, options: { readonly replicas?: number; readonly log?: Log } = {}): Promise<Agents> => {
  const nodes = watchNodes(connection, options.replicas, options.log)
  await nodes.synced

  const ask = (node: string, verb: Verb, request: object): Promise<unknown> =>
    span(`${verb} agent`, { kind: 'client', attributes: { 'rpc.system': 'nats', 'rpc.service': 'agent', 'rpc.method': verb, 'server.address': node } }, () => askInTrace(node, verb, request))

  const askInTrace = async (node: string, verb: Verb, request: object): Promise<unknown> => {
    const unavailable = (cause: unknown) => failure('AGENT_UNAVAILABLE', { node, reason: String(cause) }, cause)
    const message = await connection.request(subject.agent(node, verb), JSON.stringify(request), { timeout: TIMEOUT_MS[verb], headers: tracedHeaders() }).catch((cause: unknown) => {
      throw unavailable(cause)
    })
    const said = reply.safeParse(message.json())
    if (!said.success) throw unavailable('its answer is not understood')
    if (said.data.ok) return said.data
    const { code, reason, retryAfterSeconds } = said.data
    if (!(code in CATALOGUE)) throw unavailable(reason)
    throw failure(code as ErrorCode, { node, reason, retryAfterSeconds, ...request })
  }
  return {
    heard: nodes.alive,
    reserve: async (node, request) => void results.reserve.parse(await ask(node, 'reserve', request)),
    candidates: (plan) => rank(nodes.alive(), plan),
    claim: async (node, request) => results.claim.parse(await ask(node, 'claim', request)),
    freeze: async (node, claimId) => results.freeze.parse(await ask(node, 'freeze', { claimId })),
    thaw: async (node, claimId) => results.thaw.parse(await ask(node, 'thaw', { claimId })),
    release: async (node, claimId, { force }) => results.release.parse(await ask(node, 'release', { claimId, force })),
    retire: async (node, request) => results.retire.parse(await ask(node, 'retire', request)).retired,
    drain: async (node) => results.drain.parse(await ask(node, 'drain', {})).drained,
    claims: async (node) => {
      const all: Held[] = []
      for (;;) {
        const { claims } = results.claims.parse(await ask(node, 'claims', { limit: PAGE, ...(all.length === 0 ? {} : { after: all.at(-1)?.claimId }) }))
        all.push(...claims)
        if (claims.length < PAGE) return all
      }
    },
    signsOfLife: () => readSignsOfLife(connection, options.replicas),
    close: async () => nodes.stop(),
  }
}

/** Nodes that offer the plan and are not drained: those with a free slot first, then by load; at the same load the one with more free slots. */
export const rank = (nodes: readonly Heartbeat[], plan: string): readonly Heartbeat[] =>
  nodes
    .filter(({ free, draining }) => free[plan] !== undefined && draining !== true)
    .toSorted((a, b) => empty(a, plan) - empty(b, plan) || burden(a) - burden(b) || (b.free[plan] ?? 0) - (a.free[plan] ?? 0))

const empty = ({ free }: Heartbeat, plan: string): number => (free[plan] === 0 ? 1 : 0)

/** Processes per core that want to run; tasks that wait for memory weigh as much as those. Rounded: small differences are noise. */
const burden = ({ load, psi }: Heartbeat): number => Math.round((load + (psi.cpu + psi.memory + psi.io) / 100) * 4)
