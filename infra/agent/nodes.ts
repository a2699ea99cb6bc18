import type { KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Log } from '../log.ts'
import { LIFE_SIGN_MS, openBucket } from '../nats/buckets.ts'
import { BUCKET } from '../nats/subjects.ts'
import { unavailable } from '../nats/unavailable.ts'
import { followBucket } from '../routes/bucket.ts'
import { heartbeat, type Heartbeat, type SignsOfLife } from './port.ts'

export type Heart = {
  /** Tells the figures now; several calls at once are one. Rejects never: the next beat tries again. */
  beat(): Promise<void>
  /** When the newest beat that the broker took was sent, Unix milliseconds; 0 before the first. */
  heardAt(): number
  stop(): void
}

const EVERY_MS = 1_000

/** Tells a node's figures every second and when asked to. `silent`: it is heard again after so many milliseconds. */
export const startHeart = (connection: NatsConnection, replicas: number | undefined, figures: () => Heartbeat, log: Log, silent: (milliseconds: number) => void = () => {}): Heart => {
  let heardAt = 0
  let heardMonotonic = 0
  let opened: Promise<KV> | null = null
  let beating: Promise<void> | null = null
  let again = false
  const once = async (): Promise<void> => {
    const beat = figures()
    try {
      const nodes = await (opened ??= openBucket(connection, BUCKET.nodes, replicas))
      await nodes.put(beat.node, JSON.stringify(beat))
      const monotonic = performance.now()
      // both clocks: the wall clock may be set, the other stops while the machine sleeps
      if (heardAt > 0) silent(Math.max(Date.parse(beat.at) - heardAt, monotonic - heardMonotonic))
      heardAt = Date.parse(beat.at)
      heardMonotonic = monotonic
    } catch (error) {
      opened = null // a restarted broker has lost it
      log.debug({ reason: String(error) }, 'the broker took no heartbeat')
    }
  }
  const beat = (): Promise<void> => {
    again = beating !== null
    return (beating ??= once().finally(() => {
      beating = null
      if (again) void beat()
    }))
  }
  const timer = setInterval(() => void beat(), EVERY_MS)
  return { beat, heardAt: () => heardAt, stop: () => clearInterval(timer) }
}

/** What the broker has now. @throws STORE_UNAVAILABLE */
export const readSignsOfLife = async (connection: NatsConnection, replicas: number | undefined): Promise<SignsOfLife> => {
  try {
    const nodes = await openBucket(connection, BUCKET.nodes, replicas)
    const { streamInfo } = await nodes.status()
    const alive: string[] = []
    for await (const node of await nodes.keys()) alive.push(node)
    return { alive, ageMs: (streamInfo.ts === undefined ? Date.now() : Date.parse(streamInfo.ts)) - Date.parse(streamInfo.created) }
  } catch (error) {
    throw unavailable(error)
  }
}

/** The nodes that are alive, from a watch kept in memory. */
export type Nodes = {
  alive(): readonly Heartbeat[]
  /** Resolves when what the bucket held at first is known. */
  readonly synced: Promise<void>
  stop(): void
}

/** Age counts from when a heartbeat came here: nodes' clocks may differ. */
export const watchNodes = (connection: NatsConnection, replicas: number | undefined, log?: Log): Nodes => {
  const known = new Map<string, { readonly beat: Heartbeat; readonly cameAt: number }>()
  const ending = new AbortController()
  const { promise: synced, resolve } = Promise.withResolvers<void>()
  const entry = (node: string, value: Uint8Array) => {
    const beat = heartbeat.safeParse(parsed(value))
    if (beat.success) known.set(node, { beat: beat.data, cameAt: performance.now() })
    else log?.warn({ node }, 'a heartbeat is not understood')
  }
  void followBucket(connection, { name: BUCKET.nodes, replicas }, { entry, synced: resolve }, ending.signal, log)
  return {
    alive: () => {
      const now = performance.now()
      return [...known.values()].flatMap(({ beat, cameAt }) => (now - cameAt < LIFE_SIGN_MS ? [beat] : []))
    },
    synced,
    stop: () => ending.abort(),
  }
}

const parsed = (value: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(value))
  } catch {
    return null // the schema says so
  }
}
