import type { NatsConnection } from '@nats-io/transport-node'
import type { KV } from '@nats-io/kv'
import { onReconnect } from '../nats/connect.ts'
import { LIFE_SIGN_MS, openBucket } from '../nats/buckets.ts'
import { BUCKET } from '../nats/subjects.ts'
import type { Log } from '../log.ts'

const BEAT_MS = 1_000
/**
 * An edge gives up before others stop asking it: its own count starts when it sends, theirs when they hear. HAProxy takes no
 * lease that is longer (haproxy-config.ts).
 */
const GIVE_UP_MS = LIFE_SIGN_MS - 1_000

export type LeaseOptions = {
  readonly id: string
  readonly replicas?: number
  /** Called at each sign of life that arrived. `until`: end of the lease if none follows, milliseconds since 1970. */
  readonly onHeld: (until: number) => void
  /** Resolves when nothing is routed to slots any more. */
  readonly onLost: () => Promise<void>
  readonly log: Log
}

/** An edge's sign of life: who holds it is asked before a slot is frozen. Without it an edge must not route to slots. */
export const keepLease = (connection: NatsConnection, { id, replicas, onHeld, onLost, log }: LeaseOptions): { end(): Promise<void> } => {
  let bucket: KV | null = null
  let held = false
  let sending = false
  let ended = false
  let lostAt: NodeJS.Timeout | undefined

  const lose = (): void => {
    held = false
    log.warn({ edge: id }, 'edge lost its lease; everything goes to the waker')
    onLost().catch((error: unknown) => log.warn({ reason: String(error) }, 'HAProxy was not told; it goes by the end of the lease'))
  }

  const beat = async (): Promise<void> => {
    if (sending || connection.isClosed()) return
    sending = true
    const [sentAt, until] = [performance.now(), Date.now() + GIVE_UP_MS]
    try {
      bucket ??= await openBucket(connection, BUCKET.edges, replicas)
      await bucket.put(id, JSON.stringify({ at: new Date().toISOString() }), { timeout: BEAT_MS })
      if (ended) return
      clearTimeout(lostAt)
      lostAt = setTimeout(lose, Math.max(0, GIVE_UP_MS - (performance.now() - sentAt)))
      if (!held) log.info({ edge: id }, 'edge has its lease')
      held = true
      onHeld(until)
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
      ended = true
      clearInterval(timer)
      clearTimeout(lostAt)
      try {
        if (held) await onLost()
        held = false
        if (!connection.isClosed()) await bucket?.delete(id)
      } catch (error) {
        log.debug({ reason: String(error) }, 'lease runs out by itself')
      }
    },
  }
}
