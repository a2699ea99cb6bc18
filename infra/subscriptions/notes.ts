import type { KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Log } from '../log.ts'
import { openBucket } from '../nats/buckets.ts'
import { BUCKET } from '../nats/subjects.ts'
import { NOTHING_NOTED, noteSchema, type Note } from './port.ts'

/** At most one write of an endpoint in so many milliseconds: a hint for people, not a count. */
const EVERY_MS = 1_000

export type Notes = {
  /** What was noted last, by whichever dispatcher. */
  read(subscriptionId: string): Promise<Note>
  /** Written soon; a failure to write is logged and no more. */
  write(subscriptionId: string, note: Note): void
  forget(subscriptionId: string): Promise<void>
  /** Writes what waits. */
  close(): Promise<void>
}

/** The notes on deliveries, in a bucket on disk: they outlive dispatchers. */
export const openNotes = async (connection: NatsConnection, replicas: number, log: Log): Promise<Notes> => {
  const bucket = await openBucket(connection, BUCKET.deliveries, replicas)
  const waiting = new Map<string, Note>()
  const flush = async () => {
    const notes = [...waiting]
    waiting.clear()
    await Promise.all(notes.map(async ([id, note]) => {
      await bucket.put(id, JSON.stringify(note)).catch((error: unknown) => log.warn({ err: error, subscriptionId: id }, 'a note on deliveries is lost'))
    }))
  }
  const timer = setInterval(() => void flush(), EVERY_MS)
  return {
    read: (id) => noteOf(bucket, id),
    write: (id, note) => void waiting.set(id, note),
    forget: async (id) => {
      waiting.delete(id)
      await bucket.purge(id)
    },
    close: async () => {
      clearInterval(timer)
      if (!connection.isClosed()) await flush()
    },
  }
}

/** A note that cannot be read is none: a hint, made anew with the next delivery. */
export const noteOf = async (bucket: KV, subscriptionId: string): Promise<Note> => {
  const entry = await bucket.get(subscriptionId)
  if (!entry || entry.operation !== 'PUT') return NOTHING_NOTED
  return noteSchema.catch(NOTHING_NOTED).parse(parse(entry.string()))
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
