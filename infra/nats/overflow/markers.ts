import { JetStreamApiCodes, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { KV } from '@nats-io/kv'
import { z } from 'zod'
import { openBucket } from '../buckets.ts'
import { isApiError } from '../streams.ts'
import { BUCKET } from '../subjects.ts'

const markerSchema = z.object({
  /** Whose events are taken from the stream and no longer from the consumer. */
  subject: z.string(),
  /** Of the first that is not settled. */
  sequence: z.int().min(1),
  /** Counted attempts it has had. */
  attempts: z.int().min(0),
  /** Why it was not taken; empty while it was not tried. */
  reason: z.string(),
  /** RFC 3339. */
  since: z.string(),
  /** The reader that works on it. */
  reader: z.string(),
})
export type Marker = Readonly<z.infer<typeof markerSchema>>
export type StoredMarker = { readonly marker: Marker; readonly revision: number }

/** Somebody else wrote the marker since it was read. */
export class MarkerTaken extends Error {
  override readonly name = 'MarkerTaken'
}

/** The markers of one group on one stream, in the bucket `overflow` under `<group>.<stream>.<subject>`. Durable when a call resolves. */
export type Markers = {
  /** All of them as the leader knows them, by subject. */
  load(): Promise<ReadonlyMap<string, StoredMarker>>
  get(subject: string): Promise<StoredMarker | null>
  /** `revision` is that of the marker it replaces, 0 when there must be none. Resolves to its own. @throws MarkerTaken */
  put(marker: Marker, revision: number): Promise<number>
  /** @throws MarkerTaken */
  remove(subject: string, revision: number): Promise<void>
}

export const openMarkers = (nc: NatsConnection, jsm: JetStreamManager, { group, stream, replicas }: { readonly group: string; readonly stream: string; readonly replicas: number }): Markers => {
  let opened: Promise<KV> | null = null
  const bucket = (): Promise<KV> => {
    opened ??= openBucket(nc, BUCKET.overflow, replicas)
    opened.catch(() => (opened = null))
    return opened
  }
  const keyOf = (subject: string): string => `${group}.${stream}.${keySafe(subject)}`
  const read = async (key: string): Promise<StoredMarker | null> => {
    const entry = await (await bucket()).get(key)
    return entry?.operation === 'PUT' ? { marker: markerIn(entry.string()) ?? fromTheBeginning(key.slice(keyOf('').length)), revision: entry.revision } : null
  }

  return {
    load: async () => {
      const found: (StoredMarker | null)[] = []
      await bucket()
      const keys = await keysOf(jsm, `${group}.${stream}.>`)
      for (let at = 0; at < keys.length; at += AT_ONCE) found.push(...(await Promise.all(keys.slice(at, at + AT_ONCE).map(read))))
      return new Map(found.flatMap((stored) => (stored ? [[stored.marker.subject, stored]] : [])))
    },
    get: async (subject) => read(keyOf(subject)),
    put: async (marker, revision) => {
      const [kv, key, value] = [await bucket(), keyOf(marker.subject), JSON.stringify(marker)]
      // `create` knows the remains of a removed one
      return await orTaken(() => (revision === 0 ? kv.create(key, value) : kv.update(key, value, revision)))
    },
    // what remains of it goes after a while
    remove: async (subject, revision) => orTaken(async () => (await bucket()).purge(keyOf(subject), { previousSeq: revision, ttl: '60s' })),
  }
}

/** Removes all markers of a group on a stream: its position is forgotten. */
export const forgetMarkers = async (jsm: JetStreamManager, group: string, stream: string): Promise<void> => {
  await jsm.streams.purge(KV_STREAM, { filter: `${KV_PREFIX}${group}.${stream}.>` }).catch((error: unknown) => {
    if (!isApiError(error, JetStreamApiCodes.StreamNotFound)) throw error
  })
}

/** Keys of the bucket that match a filter, the remains of removed ones included. */
export const keysOf = async (jsm: JetStreamManager, filter: string): Promise<readonly string[]> => {
  const { state } = await jsm.streams.info(KV_STREAM, { subjects_filter: `${KV_PREFIX}${filter}` })
  return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(KV_PREFIX.length))
}

const KV_STREAM = `KV_${BUCKET.overflow}`
const KV_PREFIX = `$KV.${BUCKET.overflow}.`
const AT_ONCE = 64
const CONFLICTS = [JetStreamApiCodes.StreamWrongLastSequence, JetStreamApiCodes.StreamWrongLastSequenceUnknown] as const

const orTaken = async <T>(write: () => Promise<T>): Promise<T> => {
  try {
    return await write()
  } catch (error) {
    if (CONFLICTS.some((code) => isApiError(error, code))) throw new MarkerTaken('another reader wrote it', { cause: error })
    throw error
  }
}

/** Null for what is no marker. */
const markerIn = (text: string): Marker | null => {
  try {
    return markerSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** Of a key whose marker cannot be read: what was settled comes again, which no reaction minds, and nothing is left out. */
const fromTheBeginning = (subject: string): Marker => ({ subject, sequence: 1, attempts: 0, reason: '', since: new Date().toISOString(), reader: '' })

/** A key takes fewer characters than a subject. */
const keySafe = (subject: string): string => subject.replaceAll(/[^-/.\w]/g, (character) => `=${character.codePointAt(0)?.toString(16)}`)
