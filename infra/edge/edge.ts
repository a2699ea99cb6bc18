import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import { claimHeader } from '../claim-secret.ts'
import type { Config } from '../config.ts'
import type { Hits } from '../hits/port.ts'
import type { Log } from '../log.ts'
import { BUCKET } from '../nats/subjects.ts'
import { followBucket } from '../routes/bucket.ts'
import { routeSchema, type Route } from '../routes/port.ts'
import { edgeControl } from './control.ts'
import { keepLease } from './lease.ts'
import { mapSync } from './map-sync.ts'
import type { EdgeFigures } from './metrics.ts'
import { routeTable } from './route-table.ts'
import { hearAwake, serveEdge } from './serve.ts'
import { wakeQuota } from './waker/wake-quota.ts'
import { inFlight } from './waker/in-flight.ts'
import { startWaker } from './waker/waker.ts'

export type EdgeOptions = {
  readonly config: Config
  readonly connection: NatsConnection
  readonly hits: Pick<Hits, 'publish'>
  /** Secret that claim headers are derived from. */
  readonly signingKey: string
  /** Whose deployment it is; null when that is not known yet: then no quota holds. */
  readonly ownerOf: (deploymentId: string) => string | null
  readonly log: Log
}
export type Edge = {
  /** Every route there is has been written once: hosts that are not known do not exist. */
  caughtUp(): void
  /** The route that this edge has heard of last; null for an unknown deployment. */
  known(deploymentId: string): Route | null
  /** For its metrics. */
  readonly figures: EdgeFigures
  /** Resolves when HAProxy has the maps for the first time. */
  readonly inTouch: Promise<void>
  close(): Promise<void>
}

/** One edge: keeps HAProxy's maps as the routes say, wakes who sleeps, answers what functions ask. HAProxy runs beside it. */
export const startEdge = async ({ config, connection, hits, signingKey, ownerOf, log }: EdgeOptions): Promise<Edge> => {
  const closed = new AbortController()
  const table = routeTable()
  const waking = inFlight()
  const headerOf = (claimId: string) => claimHeader(signingKey, claimId)
  const maps = mapSync({ socketPath: config.EDGE_SOCKET, table, domain: config.DEPLOYMENTS_DOMAIN, claimHeader: headerOf, onLetGo: waking.ended, log })
  const waker = await startWaker({
    table, hits, waking, ownerOf, log, quota: wakeQuota(Math.ceil(config.WAKES_PER_OWNER / config.EDGES)), claimHeader: headerOf,
    listen: config.WAKER_SOCKET ? { socket: config.WAKER_SOCKET } : { address: config.BIND_ADDRESS, port: config.WAKER_PORT },
    queue: config.WAKER_QUEUE, timeoutMs: config.WAKER_TIMEOUT_SECONDS * 1000,
  })
  const control = edgeControl({ table, maps, waking, waitingAs: waker.waitingAs })

  // slots are trusted only under a lease and with routes read since the last time it was lost
  let leasedUntil = 0
  let synced = false
  let wasLost = false
  const trust = async (): Promise<void> => {
    const until = synced ? leasedUntil : 0
    // first in, last out: what HAProxy may do ends before its maps change
    if (until > 0) table.trust(until)
    const told = maps.lease(until)
    if (until === 0) table.trust(0)
    await told
  }
  const trustNow = () => void trust().catch((error: unknown) => log.debug({ reason: String(error) }, 'HAProxy is away; it is told when it is back'))
  const routes = followBucket(connection, { name: BUCKET.routes, replicas: config.NATS_REPLICAS }, {
    entry: (key, value) => {
      const route = routeSchema.safeParse(parseJson(value))
      if (route.success) table.accept(route.data)
      else log.error({ key, reason: z.prettifyError(route.error) }, 'a route is not one; it is left out')
    },
    synced: () => {
      synced = true
      trustNow()
    },
  }, closed.signal, log)
  const verbs = serveEdge(connection, config.EDGE_ID, control, log)
  const awake = hearAwake(connection, waker.awake, log)
  const lease = keepLease(connection, {
    id: config.EDGE_ID, replicas: config.NATS_REPLICAS, log,
    onHeld: (until) => {
      leasedUntil = until
      if (wasLost) routes.again() // slots may have been frozen without asking this edge
      wasLost = false
      trustNow()
    },
    onLost: () => {
      leasedUntil = 0
      synced = false
      wasLost = true
      return trust()
    },
  })

  const end = async (): Promise<void> => {
    await lease.end()
    await Promise.all([waker.close(), verbs.close(), awake.close()])
    closed.abort()
    await routes.ended
    maps.close()
  }
  let ending: Promise<void> | undefined
  return { inTouch: maps.inTouch, caughtUp: () => maps.ready(), known: table.known, figures: { waiting: waker.waiting, isLeased: () => leasedUntil > Date.now(), socketPath: config.EDGE_SOCKET }, close: () => (ending ??= end()) }
}

const parseJson = (value: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(value))
  } catch {
    return undefined
  }
}
