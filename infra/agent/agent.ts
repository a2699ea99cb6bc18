import { setTimeout as pause } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { planSchema } from '../../events/deployment/settings.ts'
import { instancesOf } from '../aggregates/instances.ts'
import type { Config } from '../config.ts'
import type { Credentials } from '../credentials/port.ts'
import type { EventStore } from '../event-store/port.ts'
import type { Hits } from '../hits/port.ts'
import type { Log } from '../log.ts'
import { onReconnect } from '../nats/connect.ts'
import type { Routes } from '../routes/port.ts'
import { holdClaims, type Claims } from './claims.ts'
import { byGeneration } from './generations.ts'
import { keepLeases } from './leases.ts'
import { lifeOf } from './life.ts'
import { tellLosses } from './losses.ts'
import { startHeart, type Heart } from './nodes.ts'
import { noLongerOurs } from './ours.ts'
import { nodeUse } from './node-use.ts'
import type { Heartbeat } from './port.ts'
import { openPool, type Pool } from './pool.ts'
import { preparations } from './prepare.ts'
import { overload, readPressure } from './pressure.ts'
import { probe } from './probe.ts'
import type { Adopted, Runtime } from './runtime.ts'
import { tellReports } from './reports.ts'
import { serveAgent } from './service.ts'
import { sleep } from './sleep.ts'
import { surroundingsOf } from './slot-claim.ts'

export type AgentOptions = {
  readonly connection: NatsConnection
  readonly config: Pick<Config, 'NODE_NAME' | 'NATS_REPLICAS' | 'SPARE_SLOTS' | 'MAX_SLOTS' | 'LEASE_SECONDS' | 'HOST_PROC'> & Parameters<typeof surroundingsOf>[0]
  readonly runtime: Runtime
  readonly store: EventStore
  readonly routes: Pick<Routes, 'put'>
  readonly credentials: Credentials
  readonly hits: Pick<Hits, 'publish'>
  readonly signingKey: string
  readonly log: Log
}

export type Agent = {
  /** For its metrics. */
  readonly figures: () => Heartbeat
  readonly held: Claims['held']
  /** Its machine shuts down: its node is drained, and what it holds goes elsewhere; resolves when it holds nothing, or when the time is up. */
  leave(withinMs: number): Promise<void>
  /** Stops answering; twice is once. Its slots stay as they are, for the next agent to adopt or `reapSlots` to end. */
  stop(): Promise<void>
}

const LOOK_EVERY_MS = 1_000
const RETRY_MS = 100

/** The agent of one node: adopts what an agent before left, keeps spares ahead, and answers. Resolves when it does. */
export const startAgent = async ({ connection, config, runtime, store, routes, credentials, hits, signingKey, log }: AgentOptions): Promise<Agent> => {
  const node = config.NODE_NAME
  const pressure = () => readPressure(config.HOST_PROC)
  const leaseMs = config.LEASE_SECONDS * 1_000
  const pools = new Map<string, Pool>()
  const ending = new AbortController()
  const ofHistory = { node, instances: instancesOf(store), log }
  const losses = tellLosses({ node, store, routes, log })
  const use = nodeUse({ node, store, log })
  let isEnding = false
  const refusal = () => (isEnding ? `the agent of ${node} ends` : use.isDrained() ? `node ${node} is drained` : overload(pressure()))
  const life = lifeOf({ node, maxSlots: config.MAX_SLOTS, store, log })

  let checking: Promise<void> | null = null
  /** After so long a silence others may have been given what is held here: no lease before that is known. */
  const check = async (): Promise<void> => {
    await untilStored(() => life.returned(claims.held().length), ending.signal)
    await untilStored(use.look, ending.signal)
    const others = await noLongerOurs(claims.held(), ofHistory, ending.signal)
    if (others.length > 0) log.warn({ claims: others.length }, 'claims were given up as lost while this node was silent; their slots are ended')
    await Promise.all(others.map(({ claim }) => claims.release(claim.claimId, true)))
  }
  const silent = (milliseconds: number) => {
    if (milliseconds > leaseMs / 2) checking = (checking ?? Promise.resolve()).then(check).catch((error: unknown) => log.error({ err: error }, 'claims could not be looked through'))
  }

  const figures = () => ({
    node, at: new Date().toISOString(), free: Object.fromEntries([...pools].map(([plan, pool]) => [plan, pool.free()])),
    claimed: claims.held().length, ...pressure(), draining: isEnding || use.isDrained(),
    missed: Object.fromEntries([...pools].map(([plan, pool]) => [plan, pool.missed()])),
    ...byGeneration([...pools.values()].flatMap((pool) => pool.spares()), claims.held().map(({ slot }) => slot), runtime.offers),
  })
  const heart = startHeart(connection, config.NATS_REPLICAS, figures, log, silent)
  const changed = () => void heart.beat()
  for (const plan of planSchema.options) pools.set(plan, openPool({ plan, spare: runtime.isGiven ? config.MAX_SLOTS : config.SPARE_SLOTS, max: config.MAX_SLOTS, runtime, log, changed, lost: losses.tell }))
  // counted from the newest heartbeat that was heard: when a node has been silent for a lease's length, none of its slots answers
  const leaseUntil = async () => {
    if (Date.now() - heart.heardAt() > leaseMs / 2) await heart.beat()
    await checking
    return heart.heardAt() + leaseMs
  }
  const { hear } = tellReports({ node, store, log })
  const slumber = sleep({ node, runtime, credentials, hits, hear, leaseUntil, log })
  const prepared = preparations({ pools, credentials, refusal })
  const claims = holdClaims({
    node, prepared, runtime, sleep: slumber, surroundings: surroundingsOf(config), signingKey, leaseUntil, lost: losses.tell, told: losses.told,
  })

  await heard(heart) // without that, every lease given would have ended already
  const { adopted: found, remains } = await runtime.adopt()
  remains.forEach(losses.tell)
  const claimed = found.flatMap(({ slot, status: { claim } }) => (claim ? [{ slot, claim }] : []))
  const others = new Set((await noLongerOurs(claimed, ofHistory, ending.signal)).map(({ slot }) => slot))
  await use.started(ending.signal)
  await life.started(claimed.length - others.size, ending.signal)
  await Promise.all(found.map((one) => (others.has(one.slot) ? one.slot.destroy() : adopt(one, pools, claims)).catch(async (error: unknown) => {
    log.warn({ slot: one.slot.id, reason: String(error) }, 'a slot left behind cannot be adopted; it is ended')
    await one.slot.condemn(`it could not be adopted: ${String(error)}`)
  })))
  if (found.length > 0) log.info({ slots: found.length, claimed: claims.held().length, ended: others.size }, 'adopted slots')
  const leases = keepLeases({ claims, credentials, leaseUntil, probe, hear, everyMs: leaseMs / 3, log })
  const look = setInterval(() => {
    slumber.thawVisited(claims.held().filter(({ state }) => state === 'frozen')).catch((error: unknown) => log.warn({ reason: String(error) }, 'a slot that a visitor waits for did not wake'))
  }, LOOK_EVERY_MS)
  const drain = async () => {
    const drained = await use.look()
    await heart.beat()
    return drained
  }
  const service = serveAgent(connection, node, { claims, pools, prepared, drain }, log)
  // leases may have ended while the broker was away: not to wait for their turn
  onReconnect(connection, () => heart.beat().then(leases.confirm))
  pools.forEach((pool) => pool.start())
  await connection.flush() // whoever hears that it is ready may ask

  const leave = async (withinMs: number): Promise<void> => {
    const until = performance.now() + withinMs
    await use.leaves()
    await heart.beat()
    while (claims.held().length > 0 && performance.now() < until) await pause(RETRY_MS)
    if (claims.held().length > 0) log.warn({ claims: claims.held().length }, 'not all that is held here went elsewhere in time')
  }
  const stop = async (): Promise<void> => {
    ending.abort()
    isEnding = true
    await heart.beat() // nobody is sent here any more
    await service.drain()
    clearInterval(look)
    leases.stop()
    heart.stop()
    losses.stop()
    pools.forEach((pool) => pool.stop())
    await life.stopped()
  }
  let stopped: Promise<void> | null = null
  return { figures, held: claims.held, leave, stop: () => (stopped ??= stop()) }
}

const heard = async (heart: Heart): Promise<void> => {
  for (await heart.beat(); heart.heardAt() === 0; await heart.beat()) await pause(RETRY_MS)
}

const untilStored = async (action: () => Promise<unknown>, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    try {
      await action()
      return
    } catch {
      await pause(RETRY_MS, undefined, { signal }).catch(() => undefined) // told to end
    }
  }
}

const adopt = async (found: Adopted, pools: ReadonlyMap<string, Pool>, claims: Claims): Promise<void> => {
  const { slot, status } = found
  const pool = pools.get(slot.plan)
  if (!pool) return slot.destroy()
  if (status.state === 'spare') return pool.add(slot)
  pool.count(slot)
  return claims.adopt(found)
}
