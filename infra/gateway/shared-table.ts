import type { NatsConnection } from '@nats-io/transport-node'
import { isApiError } from '../nats/streams.ts'
import { failure } from '../../events/errors.ts'
import type { Log } from '../log.ts'
import { openBucket } from '../nats/buckets.ts'
import { BUCKET } from '../nats/subjects.ts'
import { unavailable } from '../nats/unavailable.ts'
import { followBucket, type Following } from '../routes/bucket.ts'

/** What all gateways know in common: JSON values by key, stored durably by the broker and followed by every gateway. */
export type SharedTable = {
  /** Resolves when all that is stored is known here. */
  readonly loaded: Promise<void>
  isLoaded(): boolean
  /** undefined: not there. */
  get(key: string): unknown
  /** What stands there by now, asked of the broker: this gateway may not have heard of it yet. @throws STORE_UNAVAILABLE */
  ask(key: string): Promise<unknown>
  /** Keys of what is there and begins so. */
  keys(prefix: string): readonly string[]
  /**
   * Stores what `decide` makes of what stands there, undefined to remove it; asks it again when another gateway was first. When it
   * resolves it is durable, and known here. @throws STORE_UNAVAILABLE, and whatever `decide` throws
   */
  change(key: string, decide: (current: unknown) => unknown): Promise<void>
  /** Told of every key that changed, one after the other, and of those known already. */
  onChange(listener: (key: string) => unknown): void
  close(): Promise<void>
}

/** A value that was removed is kept as null: its revision still counts. */
type Row = { readonly value: unknown; readonly revision: number }

/** Wrong last sequence, on one server and in a race between replicas. */
const CONFLICTS = [10_071, 10_164]
const ATTEMPTS = 8

export const sharedTable = (connecting: Promise<NatsConnection>, replicas: number, log: Log): SharedTable => {
  const rows = new Map<string, Row>()
  const listeners: ((key: string) => unknown)[] = []
  const loaded = Promise.withResolvers<void>()
  const closing = new AbortController()
  let isLoaded = false
  let bucketCreated = ''
  let last: Promise<void> = Promise.resolve()

  const inTurn = (step: () => unknown): Promise<void> =>
    (last = last.then(step).then(() => {}, (error: unknown) => log.error({ err: error }, 'a change of what gateways share could not be followed')))

  const take = (key: string, value: unknown, revision: number): Promise<void> => inTurn(async () => {
    if ((rows.get(key)?.revision ?? 0) >= revision) return
    rows.set(key, { value, revision })
    for (const listener of listeners) await listener(key)
  })

  const follow = (connection: NatsConnection) => followBucket(connection, { name: BUCKET.functions, replicas }, {
    opened: ({ created }) => {
      // made anew, it counts from one again; what this gateway knows it keeps
      if (created !== bucketCreated) for (const [key, { value }] of rows) rows.set(key, { value, revision: 0 })
      bucketCreated = created
    },
    entry: (key, value, revision) => void take(key, parse(key, value, log), revision),
    synced: () => void inTurn(() => {
      isLoaded = true
      loaded.resolve()
    }),
  }, closing.signal, log)
  let following: Following | undefined
  connecting.then((connection) => {
    if (!closing.signal.aborted) following = follow(connection)
  }, () => {}) // main says that there is no connection

  const write = async (key: string, value: unknown, over: number): Promise<number | null> => {
    const bucket = await openBucket(await connecting, BUCKET.functions, replicas)
    try {
      return await bucket.put(key, JSON.stringify(value ?? null), { previousSeq: over })
    } catch (error) {
      if (!CONFLICTS.some((code) => isApiError(error, code))) throw error
      const entry = await bucket.get(key)
      if (entry) await take(key, parse(key, entry.value, log), entry.revision)
      return null
    }
  }
  const valueOf = (key: string): unknown => rows.get(key)?.value ?? undefined

  return {
    loaded: loaded.promise,
    isLoaded: () => isLoaded,
    get: valueOf,
    ask: async (key) => {
      try {
        const entry = await (await openBucket(await connecting, BUCKET.functions, replicas)).get(key)
        return entry && entry.operation === 'PUT' ? (parse(key, entry.value, log) ?? undefined) : undefined
      } catch (error) {
        throw unavailable(error)
      }
    },
    keys: (prefix) => [...rows.keys()].filter((key) => key.startsWith(prefix) && valueOf(key) !== undefined),
    change: async (key, decide) => {
      if (!isLoaded) throw failure('STORE_UNAVAILABLE', { reason: 'the broker was not reached yet' })
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        await last
        const next = decide(valueOf(key))
        if (next === undefined && valueOf(key) === undefined) return
        const revision = await write(key, next, rows.get(key)?.revision ?? 0).catch((error: unknown) => {
          throw unavailable(error)
        })
        if (revision !== null) return take(key, next ?? null, revision)
      }
      throw failure('STORE_UNAVAILABLE', { reason: `${key} is changed faster than this gateway can` })
    },
    onChange: (listener) => {
      void inTurn(async () => {
        for (const key of rows.keys()) await listener(key)
        listeners.push(listener)
      })
    },
    close: async () => {
      closing.abort()
      await following?.ended
    },
  }
}

/** What cannot be read counts as not there. */
const parse = (key: string, bytes: Uint8Array, log: Log): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    log.error({ err: error, key }, 'what gateways share holds something that is no JSON')
    return null
  }
}
