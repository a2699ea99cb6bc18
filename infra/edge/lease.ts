import type { NatsConnection } from '@nats-io/transport-node'
import type { KV } from '@nats-io/kv'
import { onReconnect } from '../nats/connect.ts'
import { LIFE_SIGN_MS, openBucket } from '../nats/buckets.ts'
import { BUCKET } from '../nats/subjects.ts'
import type { Log } from '../log.ts'

const BEAT_MS = 1_000
/** An edge gives up before others stop asking it: its own count starts when it sends, theirs when they hear. */
const GIVE_UP_MS = LIFE_SIGN_MS - 1_000

export type LeaseOptions = {
  readonly id: string
  readonly replicas?: number
  /** Called when the lease is had and when it is lost. */
  readonly onChange: (held: boolean) => void
  readonly log: Log
}

/** An edge's sign of life: who holds it is asked before a slot is frozen. Without it an edge must not route to slots. */
export const keepLease = (connection: NatsConnection, { id, replicas, onChange, log }: LeaseOptions): { end(): Promise<void> } => {
  let bucket: KV | null = null
  let held = false
  let sending = false
  let lostAt: NodeJS.Timeout | undefined

  const change = (now: boolean): void => {
    if (held === now) return
    held = now
    log[now ? 'info' : 'warn']({ edge: id }, now ? 'edge has its lease' : 'edge lost its lease; everything goes to the waker')
    onChange(now)
  }

  const beat = async (): Promise<void> => {
    if (sending || connection.isClosed()) return
    sending = true
    const sentAt = performance.now()
    try {
      bucket ??= await openBucket(connection, BUCKET.edges, replicas)
      await bucket.put(id, JSON.stringify({ at: new Date().toISOString() }), { timeout: BEAT_MS })
      clearTimeout(lostAt)
      lostAt = setTimeout(() => change(false), Math.max(0, GIVE_UP_MS - (performance.now() - sentAt)))
      change(true)
    } catch (error) {
      bucket = null // gone with a restarted broker, maybe
      log.debug({ reason: String(error) }, 'no sign of life sent')
    } finally {
      sending = false
    }
  }

  const timer = setInterval(() => void beat(), BEAT_MS)
  onReconnect(connection, beat)
  void beat()
  return {
    end: async () => {
      clearInterval(timer)
      clearTimeout(lostAt)
      if (held) onChange(false)
      held = false
      if (!connection.isClosed()) await bucket?.delete(id).catch((error: unknown) => log.debug({ reason: String(error) }, 'lease runs out by itself'))
    },
  }
}
