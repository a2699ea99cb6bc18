import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Log } from '../log.ts'
import { LEASE_MS, openBucket } from '../nats/buckets.ts'
import { BUCKET } from '../nats/subjects.ts'

/** A turn at leading. */
export type Turn = {
  /** Whether it is certain to last for a moment more. */
  isHeld(): boolean
}

export type LeaseOptions = {
  /** What is led. */
  readonly name: string
  /** Who this is, unlike anybody else. */
  readonly holder: string
  readonly replicas: number
  readonly log: Log
}

const EVERY_MS = 1_000
/** Whoever leads stops believing so before the broker forgets it and another begins. */
const CERTAIN_MS = LEASE_MS - 2_000

/**
 * One of several leads, the others wait: an entry of the KV `leases` that its holder renews, and that goes when it does not. Gives each turn
 * that comes to this process, until `signal` aborts; then the entry is given back. Clocks of others do not matter.
 */
export const turns = async function* (connection: NatsConnection, { name, holder, replicas, log }: LeaseOptions, signal: AbortSignal): AsyncGenerator<Turn> {
  let revision: number | null = null
  let certain = { monotonic: -Infinity, wall: -Infinity }
  const take = async (): Promise<number> => {
    const bucket = await openBucket(connection, BUCKET.leases, replicas)
    if (revision !== null) return bucket.update(name, holder, revision)
    const standing = await bucket.get(name)
    // a renewal whose answer was lost is still this one's
    return standing?.operation === 'PUT' && standing.string() === holder ? bucket.update(name, holder, standing.revision) : bucket.create(name, holder)
  }
  const renew = async (): Promise<boolean> => {
    // counted from before the question: the broker counts from later
    const asked = { monotonic: performance.now() + CERTAIN_MS, wall: Date.now() + CERTAIN_MS }
    try {
      revision = await take()
      certain = asked
      return true
    } catch (error) {
      log.debug({ reason: String(error) }, 'another leads, or the broker is away')
      revision = null
      return false
    }
  }
  let renewing: Promise<boolean> | null = null
  const renewOnce = () => (renewing ??= renew().finally(() => (renewing = null)))
  // both clocks: one may be set, the other stops while the machine sleeps
  const isHeld = () => !signal.aborted && performance.now() < certain.monotonic && Date.now() < certain.wall
  const rest = () => sleep(EVERY_MS, undefined, { signal }).catch(() => undefined)
  try {
    while (!signal.aborted) {
      if (!(await renewOnce())) {
        await rest()
        continue
      }
      log.info({ name }, 'this one leads')
      const timer = setInterval(() => void renewOnce(), EVERY_MS)
      yield { isHeld }
      clearInterval(timer)
      log.info({ name }, 'this one leads no more')
    }
  } finally {
    if (revision !== null) await giveBack(connection, name, revision, replicas).catch((error: unknown) => log.debug({ reason: String(error) }, 'the lease ends by itself'))
  }
}

const giveBack = async (connection: NatsConnection, name: string, revision: number, replicas: number): Promise<void> => {
  const bucket = await openBucket(connection, BUCKET.leases, replicas)
  await bucket.delete(name, { previousSeq: revision })
}
