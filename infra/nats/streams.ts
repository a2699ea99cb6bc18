import { randomUUID } from 'node:crypto'
import { DiscardPolicy, JetStreamApiCodes, JetStreamApiError, jetstreamManager, RetentionPolicy, StorageType, type JetStreamManager, type StreamConfig, type StreamInfo } from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { openBucket } from './buckets.ts'
import { onReconnect } from './connect.ts'
import { BUCKET, STREAM } from './subjects.ts'

export type StreamOptions = {
  /** Copies of each stream in the cluster. 1 by default. */
  readonly replicas?: number
  /** How long the broker itself knows an event id again, milliseconds. Two minutes by default. */
  readonly duplicateWindowMs?: number
}

/** Key of the stream metadata that tells one making of the event store from the next. */
export const IDENTITY = 'playground_identity'

/** How long a timer that came due waits for its readers before it goes. */
const DUE_DAYS = 30
export const DUE_TTL = `${DUE_DAYS * 24}h`

type Definition = Partial<StreamConfig> & { readonly name: string }

/** All streams and buckets; what is there already stays. Run it again after each reconnect: those in memory may be gone. */
export const ensureStreams = async (nc: NatsConnection, options: StreamOptions = {}): Promise<void> => {
  const jsm = await jetstreamManager(nc)
  for (const name of Object.values(STREAM)) await ensureStream(jsm, name, options)
  await ensureBuckets(nc, options.replicas ?? 1)
}

/** `ensureStreams` now and after every reconnect. */
export const keepStreams = async (nc: NatsConnection, options: StreamOptions = {}): Promise<void> => {
  onReconnect(nc, () => ensureStreams(nc, options))
  await ensureStreams(nc, options)
}

export type OurStream = (typeof STREAM)[keyof typeof STREAM]

/** One stream; made when it is missing. */
export const ensureStream = async (jsm: JetStreamManager, name: OurStream, options: StreamOptions = {}): Promise<StreamInfo> => {
  const found = await find(jsm, name)
  if (found) return found
  try {
    return await jsm.streams.add(definitions(options)[name])
  } catch (error) {
    // another process made it at the same moment
    if (isApiError(error, STREAM_NAME_IN_USE)) return await jsm.streams.info(name)
    throw error
  }
}

/** Whether the broker answered with this error code. */
export const isApiError = (error: unknown, code: number): boolean => error instanceof JetStreamApiError && error.code === code

const STREAM_NAME_IN_USE = 10_058

const find = async (jsm: JetStreamManager, name: string): Promise<StreamInfo | null> => {
  try {
    return await jsm.streams.info(name)
  } catch (error) {
    if (isApiError(error, JetStreamApiCodes.StreamNotFound)) return null
    throw error
  }
}

const definitions = ({ replicas = 1, duplicateWindowMs = 120_000 }: StreamOptions): Readonly<Record<OurStream, Definition>> => ({
  EVENTS: {
    // no allow_msg_ttl: a TTL header would delete history in spite of deny_delete
    name: STREAM.events, description: 'The truth: every event, for ever', subjects: ['events.>'], storage: StorageType.File, num_replicas: replicas,
    retention: RetentionPolicy.Limits, discard: DiscardPolicy.New, deny_delete: true, deny_purge: true, allow_atomic: true, allow_direct: true,
    duplicate_window: nanos(duplicateWindowMs), metadata: { [IDENTITY]: randomUUID() },
  },
  HITS: {
    name: STREAM.hits, description: 'Somebody waits: newest per deployment, a hint', subjects: ['hits.>'], storage: StorageType.Memory, num_replicas: replicas,
    max_msgs_per_subject: 1, max_age: nanos(10 * 60_000), allow_direct: true,
  },
  TIMERS: {
    // schedules force rollups on and purges to be allowed, hence not part of EVENTS; one per subject, so that a newer one replaces an older
    name: STREAM.timers, description: 'Timers: schedules, and those that came due', subjects: ['timers.>'], storage: StorageType.File, num_replicas: replicas,
    max_msgs_per_subject: 1, allow_msg_schedules: true, allow_msg_ttl: true, allow_direct: true,
  },
  PARKED: {
    name: STREAM.parked, description: 'Dead letters with payload, reason and attempts', subjects: ['parked.>'], storage: StorageType.File, num_replicas: replicas,
    allow_direct: true, duplicate_window: nanos(120_000),
  },
  ADVISORIES: {
    name: STREAM.advisories, description: 'Safety net: what the broker gave up delivering', storage: StorageType.File, num_replicas: replicas,
    subjects: ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>', '$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>'], max_age: nanos(90 * 86_400_000), max_msgs: 100_000,
  },
  ASYNC: {
    name: STREAM.async, description: 'Calls nobody waits for, and results on the way to their callbacks', subjects: ['async.>'], storage: StorageType.File, num_replicas: replicas,
    retention: RetentionPolicy.Workqueue, discard: DiscardPolicy.New, max_bytes: ASYNC_MAX_BYTES, duplicate_window: nanos(120_000),
  },
  ASYNC_PARKED: {
    name: STREAM.asyncParked, description: 'Calls and results that were given up, with the reason', subjects: ['async-parked.>'], storage: StorageType.File, num_replicas: replicas,
    max_age: nanos(30 * 86_400_000), max_msgs: 10_000, max_bytes: ASYNC_MAX_BYTES,
  },
})

/** More is refused: whoever calls hears of it, and nothing that was accepted goes. */
const ASYNC_MAX_BYTES = 1024 * 1024 * 1024

const ensureBuckets = async (nc: NatsConnection, replicas: number): Promise<void> => {
  for (const name of Object.values(BUCKET)) await openBucket(nc, name, replicas)
}
