import { setTimeout as sleep } from 'node:timers/promises'
import type { KvWatchEntry } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Log } from '../log.ts'
import { openBucket, type BucketName } from '../nats/buckets.ts'
import { onReconnect } from '../nats/connect.ts'

export type Followed = { readonly name: BucketName; readonly replicas?: number | undefined }

export type Follower = {
  /** The bucket is there; `created` differs when it was made anew. */
  opened?(bucket: { readonly created: string; readonly ageMs: number }): void
  entry(key: string, value: Uint8Array, revision: number): void
  /** A key was deleted or ran out. */
  gone?(key: string): void
  /** Everything that stood in the bucket has been given; again after each reconnect. */
  synced?(): void
}

const AGAIN_MS = 100

export type Following = {
  /** Reads all of the bucket again. */
  again(): void
  /** Resolves after `signal`. */
  readonly ended: Promise<void>
}

/**
 * Gives every value of a bucket and then each new one, until `signal` aborts. Makes the bucket anew when a restarted broker
 * lost it: what is in no bucket any more is not told, absence means nothing.
 */
export const followBucket = (connection: NatsConnection, { name, replicas }: Followed, follower: Follower, signal: AbortSignal, log?: Log): Following => {
  let stop = () => {}

  const readOnce = async (): Promise<void> => {
    const bucket = await openBucket(connection, name, replicas)
    const { values, streamInfo } = await bucket.status()
    const watch = await bucket.watch()
    stop = () => watch.stop()
    if (signal.aborted) return watch.stop()
    follower.opened?.({ created: streamInfo.created, ageMs: Date.now() - Date.parse(streamInfo.created) })
    if (values === 0) follower.synced?.()
    await give(watch, follower, values === 0)
  }

  const read = async (): Promise<void> => {
    while (!signal.aborted && !connection.isClosed()) {
      try {
        await readOnce()
      } catch (error) {
        log?.debug({ bucket: name, reason: String(error) }, 'bucket is not there yet')
        await sleep(AGAIN_MS)
      }
    }
  }

  onReconnect(connection, async () => stop())
  signal.addEventListener('abort', () => stop(), { once: true })
  return { again: () => stop(), ended: read() }
}

const give = async (watch: AsyncIterable<KvWatchEntry>, follower: Follower, wasSynced: boolean): Promise<void> => {
  let synced = wasSynced
  for await (const { key, value, operation, isUpdate, revision } of watch) {
    if (operation === 'PUT') follower.entry(key, value, revision)
    else follower.gone?.(key)
    // the last of those that stood there is the first that is called an update
    if (isUpdate && !synced) {
      synced = true
      follower.synced?.()
    }
  }
}
