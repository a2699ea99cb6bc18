import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import type { z } from 'zod'
import { failure } from '../../events/errors.ts'
import { followBucket } from '../routes/bucket.ts'
import { LIFE_SIGN_MS } from '../nats/buckets.ts'
import { BUCKET, subject } from '../nats/subjects.ts'
import { activityReply, quiesceReply, EDGES_COMING_BACK, type Activity, type EdgeClaim, type Edges, type Quiesced } from './port.ts'

const TIMEOUT_MS = 2_000
/** Whoever just made a deployment does not wait longer than this for an edge that is slow to hear of it. */
const LEARN_TIMEOUT_MS = 300
/** How often a claim that is held is looked at. Milliseconds. */
const LOOK_EVERY_MS = 10
/** Whoever holds a claim and goes without a word holds its visitors no longer than this. Milliseconds. */
const HELD_AT_MOST_MS = 30_000

/**
 * The live edges, by their signs of life. The newest of them are kept in memory. An edge that has just lost its lease has
 * stopped routing before it is forgotten here (lease.ts). After the bucket was lost with its broker nobody can be left out
 * until every edge had the time to come back. Resolves when it listens to them.
 */
export const natsEdges = async (connection: NatsConnection, options: { readonly replicas?: number } = {}): Promise<Edges & { close(): void }> => {
  const closed = new AbortController()
  const heardAt = new Map<string, number>()
  let bucketSince: string | null = null
  let certainFrom = 0
  const listening = Promise.withResolvers<void>()

  followBucket(connection, { name: BUCKET.edges, replicas: options.replicas }, {
    // all of one bucket is known only when every edge that lives has written into it
    opened: ({ created, ageMs }) => {
      if (created !== bucketSince) certainFrom = performance.now() + Math.max(0, LIFE_SIGN_MS - (bucketSince === null ? ageMs : 0))
      bucketSince = created
      listening.resolve()
    },
    entry: (id) => void heardAt.set(id, performance.now()),
    gone: (id) => void heardAt.delete(id),
  }, closed.signal)
  await listening.promise

  const live = (): readonly string[] => {
    const oldest = performance.now() - LIFE_SIGN_MS
    for (const [id, at] of heardAt) if (at < oldest) heardAt.delete(id)
    return [...heardAt.keys()]
  }

  const ask = async <S extends z.ZodType>(id: string, verb: string, claim: EdgeClaim, schema: S): Promise<z.infer<S>> => {
    const reply = await connection.request(subject.edge(id, verb), JSON.stringify(claim), { timeout: TIMEOUT_MS })
    return schema.parse(reply.json())
  }

  const quiesceOne = async (id: string, claim: EdgeClaim): Promise<Quiesced> => {
    try {
      return await ask(id, 'quiesce', claim, quiesceReply)
    } catch (error) {
      return { state: 'busy', reason: `edge ${id} does not answer: ${reasonOf(error)}` }
    }
  }

  const quiesce = async (claim: EdgeClaim): Promise<Quiesced> => {
    if (performance.now() < certainFrom) return { state: 'busy', reason: EDGES_COMING_BACK }
    const edges = live()
    if (edges.length === 0) return { state: 'busy', reason: 'no edge is live' }
    const replies = await Promise.all(edges.map((id) => quiesceOne(id, claim)))
    const busy = replies.find((reply) => reply.state === 'busy')
    return busy ?? { state: 'quiesced', requests: sum(replies.map((reply) => (reply.state === 'quiesced' ? reply.requests : 0))) }
  }
  const restore = async ({ deploymentId, claimId }: EdgeClaim): Promise<void> => {
    // one that does not answer is away; it reads the routes anew when it comes back
    await Promise.allSettled(live().map((id) => connection.request(subject.edge(id, 'restore'), JSON.stringify({ deploymentId, claimId }), { timeout: TIMEOUT_MS })))
  }

  return {
    awake: (claim) => connection.publish(subject.edgesAwake, JSON.stringify(claim)),
    learn: async (route) => {
      await Promise.allSettled(live().map((id) => connection.request(subject.edge(id, 'learn'), JSON.stringify(route), { timeout: LEARN_TIMEOUT_MS })))
    },
    quiesce,
    hold: async (claim, { withinMs, keep }) => {
      const until = performance.now() + withinMs
      for (;;) {
        const reply = await quiesce({ ...claim, holdMs: HELD_AT_MOST_MS })
        if (reply.state === 'quiesced') return reply
        if (performance.now() >= until) {
          if (!keep) await restore(claim)
          return reply
        }
        await sleep(LOOK_EVERY_MS)
      }
    },
    restore,
    activity: async (claim): Promise<Activity> => {
      const edges = live()
      if (edges.length === 0) throw failure('EDGE_UNAVAILABLE', { reason: 'none is live' })
      const ones = await Promise.all(edges.map(async (id) => {
        try {
          return await ask(id, 'activity', claim, activityReply)
        } catch (error) {
          throw failure('EDGE_UNAVAILABLE', { reason: `${id}: ${reasonOf(error)}` }, error)
        }
      }))
      const idle = ones.flatMap(({ idleMs }) => idleMs ?? [])
      return { inFlight: sum(ones.map((one) => one.inFlight)), idleMs: idle.length === 0 ? null : Math.min(...idle), requests: sum(ones.map((one) => one.requests)) }
    },
    close: () => closed.abort(),
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200)
