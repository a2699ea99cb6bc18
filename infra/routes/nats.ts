import { JetStreamApiError } from '@nats-io/jetstream'
import type { KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { failure } from '../../events/errors.ts'
import { comparePositions } from '../event-store/port.ts'
import { openBucket } from '../nats/buckets.ts'
import { onReconnect } from '../nats/connect.ts'
import { BUCKET } from '../nats/subjects.ts'
import { routeSchema, type Route, type Routes } from './port.ts'

/** A route and the bucket's revision of it; what was written must still be that when it is replaced. Null: what stands there is none. */
type Standing = { readonly route: Route | null; readonly revision: number }

/** Wrong last sequence, on one server and in a race between replicas. */
const CONFLICTS: ReadonlySet<number> = new Set([10071, 10164])
/** A race is lost only to a writer who won it; whoever is older than what stands then gives way at once. */
const ATTEMPTS = 40
/** Routes of which it is remembered what stands; another is read before it is written. */
const REMEMBERED = 20_000

/**
 * Routes in a KV bucket in memory. A put is one round trip when this writer knows what stands, which it does for what it
 * wrote or lost a race against; else it reads first. The bucket is made when it is missing.
 */
export const natsRoutes = (connection: NatsConnection, options: { readonly replicas?: number } = {}): Routes => {
  const known = new Map<string, Standing>()
  const learn = (deploymentId: string, standing: Standing): void => {
    known.delete(deploymentId)
    known.set(deploymentId, standing)
    if (known.size > REMEMBERED) for (const oldest of known.keys()) return void known.delete(oldest)
  }
  let opened: Promise<KV> | null = null
  const forget = () => {
    opened = null
    known.clear()
  }
  onReconnect(connection, async () => forget())

  const bucket = () => (opened ??= openBucket(connection, BUCKET.routes, options.replicas))

  const read = async (deploymentId: string): Promise<Standing | null> => {
    const entry = await (await bucket()).get(deploymentId)
    if (!entry || entry.operation !== 'PUT') return null
    const standing = { route: routeOf(entry.string()), revision: entry.revision }
    learn(deploymentId, standing)
    return standing
  }

  /** False when something else stood there. */
  const write = async (route: Route, over: number): Promise<boolean> => {
    try {
      const revision = await (await bucket()).put(route.deploymentId, JSON.stringify(route), { previousSeq: over })
      learn(route.deploymentId, { route, revision })
      return true
    } catch (error) {
      known.delete(route.deploymentId)
      if (error instanceof JetStreamApiError && CONFLICTS.has(error.code)) return false
      throw error
    }
  }

  const attempt = async (route: Route): Promise<Route | null> => {
    const standing = known.get(route.deploymentId) ?? (await read(route.deploymentId))
    if (standing?.route && comparePositions(standing.route.sequence, route.sequence) >= 0) return standing.route
    return (await write(route, standing?.revision ?? 0)) ? route : null
  }

  const persevere = async <T>(once: () => Promise<T | null>): Promise<T> => {
    let cause: unknown
    for (let tries = 0; tries < ATTEMPTS; tries++) {
      try {
        const result = await once()
        if (result !== null) return result
      } catch (error) {
        cause = error
        forget() // the bucket may have gone with the broker: made anew by the next try
        if (tries > 0) break
      }
    }
    throw failure('STORE_UNAVAILABLE', { reason: cause instanceof Error ? cause.message : 'routes are written faster than this one can be' }, cause)
  }

  return {
    put: (route) => {
      const parsed = routeSchema.parse(route)
      return persevere(() => attempt(parsed))
    },
    get: async (deploymentId) => (await persevere(async () => ({ standing: await read(deploymentId) }))).standing?.route ?? null,
  }
}

/** Null for what is no route: the next put replaces it. */
const routeOf = (text: string): Route | null => {
  try {
    return routeSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
