import { setTimeout as sleep } from 'node:timers/promises'
import { StorageType } from '@nats-io/jetstream'
import { Kvm, type KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Log } from '../log.ts'

export type BucketOptions = {
  readonly name: string
  readonly replicas?: number
  /** Keys not written again within this many milliseconds vanish, without a word to watchers. */
  readonly ttlMs?: number
}

/** A bucket in memory that keeps the newest value of a key; made if it is not there. Reads come from the leader. */
export const openBucket = (connection: NatsConnection, { name, replicas = 1, ttlMs }: BucketOptions): Promise<KV> =>
  new Kvm(connection).create(name, { history: 1, storage: StorageType.Memory, replicas, allow_direct: false, ...(ttlMs === undefined ? {} : { ttl: ttlMs }) })

/** Calls back at each reconnect to the broker, until the connection is closed. A memory bucket may be gone by then. */
export const onReconnect = (connection: NatsConnection, callback: () => void): void => {
  const listen = async () => {
    for await (const status of connection.status()) if (status.type === 'reconnect') callback()
  }
  void listen()
}

export type Follower = {
  entry(key: string, value: Uint8Array): void
  /** Everything that stood in the bucket has been given; again after each reconnect. */
  synced?(): void
}

const AGAIN_MS = 100

/**
 * Gives every value of a bucket and then each new one, until `signal` aborts. Makes the bucket anew when a restarted broker
 * lost it. What is gone from the bucket is not told: absence means nothing.
 */
export const followBucket = async (connection: NatsConnection, options: BucketOptions, follower: Follower, signal: AbortSignal, log?: Log): Promise<void> => {
  let stop = () => {}
  onReconnect(connection, () => stop())
  signal.addEventListener('abort', () => stop(), { once: true })
  while (!signal.aborted && !connection.isClosed()) {
    try {
      const bucket = await openBucket(connection, options)
      const { values } = await bucket.status()
      const watch = await bucket.watch()
      stop = () => watch.stop()
      if (signal.aborted) return
      let synced = values === 0
      if (synced) follower.synced?.()
      for await (const { key, value, operation, isUpdate } of watch) {
        if (operation === 'PUT') follower.entry(key, value)
        if (isUpdate && !synced) {
          synced = true
          follower.synced?.()
        }
      }
    } catch (error) {
      log?.debug({ bucket: options.name, reason: String(error) }, 'bucket is not there yet')
      await sleep(AGAIN_MS)
    }
  }
}
