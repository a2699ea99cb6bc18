import {
  BACKWARDS, END, EventStoreDBClient, FORWARDS, jsonEvent, NO_STREAM, PARK, persistentSubscriptionToAllSettingsFromDefaults,
  PersistentSubscriptionExistsError, RETRY, START, StreamNotFoundError, streamNameFilter, WrongExpectedVersionError,
  type AllStreamResolvedEvent, type PersistentSubscriptionToAll, type ReadPosition, type RecordedEvent as TheirEvent, type ResolvedEvent,
} from '@eventstore/db-client'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { readEvent } from '../../../events/catalogue.ts'
import { metadataSchema, streamCategory, type DomainEvent, type RecordedEvent, type StreamName } from '../../../events/envelope.ts'
import { CatalogueError, failure } from '../../../events/errors.ts'
import { randomId } from '../../ids.ts'
import { Lanes } from '../../nats/lanes.ts'
import { assertExpected, checkWrites, isStreamName, type CheckedWrite } from '../check.ts'
import type { Appended, Delivered, EventStore, GroupOptions, ReadAllOptions, ReadOptions, Subscription, Verdict, Write } from '../port.ts'
import { fromTheirStream, streamFilter, toTheirStream, uuidOf } from './names.ts'

/**
 * The event store on EventStoreDB, for teams that run one: the only file that loads its client (gRPC: +22 MB). Written against the
 * documented API of client 6.2 and checked by its types; the contract suite runs on it where EVENTSTORE_URL names a server, and
 * until it has, nothing is claimed. Known to differ: several streams in one atomic step do not exist there (ATOMIC_WRITES_UNSUPPORTED),
 * an id taken by another stream is not noticed, and the newest events of all streams are found by reading all of them.
 */
export const eventStoreDb = async ({ url }: { /** `esdb://127.0.0.1:2113?tls=false` */ readonly url: string }): Promise<EventStore> => {
  const client = EventStoreDBClient.connectionString(url)
  const read = async <E extends DomainEvent>(stream: StreamName, { from = 0, limit }: ReadOptions = {}): Promise<readonly RecordedEvent<E>[]> =>
    isStreamName(stream) ? (await theirEvents(client, stream, { fromRevision: BigInt(from), ...(limit === undefined ? {} : { maxCount: limit }) })).map((event) => toRecorded<E>(event)) : []
  const appendAll = async (writes: readonly Write[]): Promise<readonly Appended[]> => {
    const [write, ...more] = checkWrites(writes)
    if (more.length > 0) throw failure('ATOMIC_WRITES_UNSUPPORTED', { store: 'EventStoreDB' })
    return write ? [await append(client, write)] : []
  }
  return {
    append: async (stream, events, expected) => {
      const [appended] = await available(() => appendAll([{ stream, events, expected }]))
      if (!appended) throw new RangeError(`Nothing to append to ${stream}`)
      return appended
    },
    appendAll: (writes) => available(() => appendAll(writes)),
    read: (stream, options) => available(() => read(stream, options)),
    last: <E extends DomainEvent>(stream: StreamName) => available(async () => {
      const [newest] = isStreamName(stream) ? await theirEvents(client, stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 }) : []
      return newest ? toRecorded<E>(newest) : null
    }),
    readAll: (options) => readAll(client, options),
    head: () => available(() => head(client)),
    subscribe: (options, handle) => available(() => subscribe(client, options, handle)),
    identity: () => available(() => identity(client)),
    close: () => client.dispose(),
  }
}

type TheirRead = NonNullable<Parameters<EventStoreDBClient['readStream']>[1]>

/** An event with its place in the order of all; streams tell that beside the event, $all within. */
type Placed = TheirEvent & { readonly place: bigint }

const theirEvents = async (client: EventStoreDBClient, stream: StreamName, options: TheirRead): Promise<readonly Placed[]> => {
  const events: Placed[] = []
  try {
    for await (const resolved of client.readStream(toTheirStream(stream), { direction: FORWARDS, fromRevision: START, ...options })) events.push(...placed(resolved))
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error
  }
  return events
}

/** How often an append that expects no certain revision is tried against other writers. */
const RACES = 100

/** Any expectation becomes a revision read just before; their own idempotence holds only for the same expectation, so ids are compared by us. */
const append = async (client: EventStoreDBClient, write: CheckedWrite): Promise<Appended> => {
  const { stream, events, expected } = write
  for (let race = 0; ; race++) {
    const stored = await theirEvents(client, stream, {})
    const before = written(stored, write)
    if (before) return before
    assertExpected(stream, stored.length - 1, expected)
    const theirs = events.map(({ id, type, data, version, metadata }) => jsonEvent({ id: uuidOf(id), type, data: data as Record<string, unknown>, metadata: { id, version, metadata } }))
    try {
      const result = await client.appendToStream(toTheirStream(stream), theirs, { expectedRevision: stored.length === 0 ? NO_STREAM : BigInt(stored.length - 1) })
      return { stream, revision: Number(result.nextExpectedRevision), position: String(result.position?.commit ?? 0n), duplicate: false }
    } catch (error) {
      // somebody was first: what was expected is looked at again, and so is whether that somebody was this append itself
      if (!(error instanceof WrongExpectedVersionError) || race >= RACES) throw error
    }
  }
}

/** @throws STORE_UNAVAILABLE for a server that does not tell positions (older than 20.6) */
const placed = ({ event, commitPosition }: ResolvedEvent | AllStreamResolvedEvent): readonly Placed[] => {
  if (!event) return []
  const place = 'position' in event ? event.position.commit : commitPosition
  if (place === undefined) throw failure('STORE_UNAVAILABLE', { reason: 'it does not tell the position of an event' })
  return [{ ...event, place }]
}

const written = (stored: readonly Placed[], { stream, events }: CheckedWrite): Appended | null => {
  const first = stored.findIndex(({ id }) => id === uuidOf(events[0]?.id ?? ''))
  const same = first >= 0 && events.every(({ id }, index) => stored[first + index]?.id === uuidOf(id))
  const last = stored[first + events.length - 1]
  return same && last ? { stream, revision: Number(last.revision), position: String(last.place), duplicate: true } : null
}

const envelope = z.object({ id: z.string(), version: z.int().min(1), metadata: metadataSchema })

/** @throws MALFORMED_EVENT, UNKNOWN_EVENT */
const toRecorded = <E extends DomainEvent>(theirs: Placed): RecordedEvent<E> => {
  const parsed = envelope.safeParse(theirs.metadata)
  if (!parsed.success) throw failure('MALFORMED_EVENT', { type: theirs.type, reason: z.prettifyError(parsed.error) })
  const { id, version, metadata } = parsed.data
  const { type, data } = readEvent(theirs.type, version, theirs.data)
  const recorded: RecordedEvent = {
    id, type, data: data as object, metadata, version, stream: fromTheirStream(theirs.streamId), revision: Number(theirs.revision),
    position: String(theirs.place), at: theirs.created.toISOString(),
  }
  return recorded as RecordedEvent<E>
}

const OURS = streamFilter(['events.>'])

async function* readAll(client: EventStoreDBClient, { categories, after, which, follow = false, signal, unreadable }: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
  const fromPosition: ReadPosition = after === undefined ? START : { commit: BigInt(after), prepare: BigInt(after) }
  const filter = streamNameFilter({ regex: categories ? streamFilter(categories.map((category) => `events.${category}.>`)) : OURS })
  const source = follow ? client.subscribeToAll({ fromPosition, filter }) : client.readAll({ fromPosition })
  const stop = (): void => void source.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  const newest = new Map<StreamName, RecordedEvent>()
  try {
    for await (const resolved of source as AsyncIterable<AllStreamResolvedEvent>) {
      if (signal?.aborted) return
      for (const event of placed(resolved)) {
        if (!wanted(event, categories) || (after !== undefined && event.place <= BigInt(after))) continue
        const recorded = readable(event, unreadable)
        if (recorded && which === 'latest' && !follow) newest.set(recorded.stream, recorded)
        else if (recorded) yield recorded
      }
    }
    yield* [...newest.values()].toSorted((a, b) => Number(BigInt(a.position) - BigInt(b.position)))
  } catch (error) {
    if (!signal?.aborted) throw unavailable(error)
  } finally {
    signal?.removeEventListener('abort', stop)
    source.destroy()
  }
}

const wanted = ({ streamId }: { readonly streamId: string }, categories?: readonly string[]): boolean =>
  new RegExp(OURS).test(streamId) && streamId !== IDENTITY && (categories?.includes(streamCategory(fromTheirStream(streamId))) ?? true)

const readable = (event: Placed, unreadable: ReadAllOptions['unreadable']): RecordedEvent | null => {
  try {
    return toRecorded(event)
  } catch (error) {
    if (!unreadable || !(error instanceof CatalogueError)) throw error
    unreadable(error, String(event.place))
    return null
  }
}

const head = async (client: EventStoreDBClient): Promise<string | null> => {
  for await (const resolved of client.readAll({ direction: BACKWARDS, fromPosition: END })) {
    for (const event of placed(resolved)) if (wanted(event)) return String(event.place)
  }
  return null
}

/** A stream of one event with a random mark, written by whoever asks first: a server that was wiped gets another. */
const IDENTITY = 'playground-identity'

const identity = async (client: EventStoreDBClient): Promise<string> => {
  for (;;) {
    try {
      for await (const { event } of client.readStream<{ type: 'IdentityGiven'; data: { mark: string } }>(IDENTITY, { maxCount: 1 })) if (event) return event.data.mark
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error
    }
    await client.appendToStream(IDENTITY, jsonEvent({ type: 'IdentityGiven', data: { mark: randomId() } }), { expectedRevision: NO_STREAM }).catch((error: unknown) => {
      if (!(error instanceof WrongExpectedVersionError)) throw error
    })
  }
}

/** The server may deliver one again after so long, milliseconds, unless it is acked; a head that waits for its retry is given back. */
const MESSAGE_TIMEOUT_MS = 60_000

/** A persistent subscription to $all, pinned by stream, with our own lanes behind it for the order within a stream. */
const subscribe = async (client: EventStoreDBClient, options: GroupOptions, handle: (delivered: Delivered) => Promise<Verdict>): Promise<Subscription> => {
  const settings = persistentSubscriptionToAllSettingsFromDefaults({
    startFrom: options.from === 'end' ? END : START, consumerStrategyName: 'Pinned', messageTimeout: MESSAGE_TIMEOUT_MS, maxRetryCount: 1_000_000,
  })
  await client.createPersistentSubscriptionToAll(options.group, settings, { filter: streamNameFilter({ regex: streamFilter(options.subjects) }) }).catch((error: unknown) => {
    if (!(error instanceof PersistentSubscriptionExistsError)) throw error
  })
  const source: PersistentSubscriptionToAll = client.subscribeToPersistentSubscriptionToAll(options.group, { bufferSize: 500 })
  const lanes = new Lanes<{ readonly event: RecordedEvent; readonly delivery: ResolvedEvent }>({
    concurrency: options.concurrency ?? 64,
    handle: ({ message: { event }, attempt }) => handle({ event, attempt }).catch((error: unknown): Verdict => ({ verdict: 'retry', delayMs: 1_000, reason: String(error) })),
    settle: ({ message: { delivery } }, verdict) => (verdict.verdict === 'park' ? source.nack(PARK, verdict.reason, delivery) : source.ack(delivery)),
  })
  const receive = async (delivery: ResolvedEvent & { readonly retryCount?: number }): Promise<void> => {
    const [event] = placed(delivery)
    if (!event || (options.types && !options.types.includes(event.type))) return source.ack(delivery)
    try {
      const recorded = toRecorded(event)
      lanes.push({ key: recorded.stream, sequence: recorded.revision, message: { event: recorded, delivery }, attempt: (delivery.retryCount ?? 0) + 1 })
    } catch (error) {
      await source.nack(error instanceof CatalogueError ? PARK : RETRY, String(error), delivery)
    }
  }
  const reading = (async () => {
    for await (const delivery of source) await receive(delivery)
  })()
  return {
    close: async () => {
      await lanes.stop(5_000)
      await source.unsubscribe()
      await Promise.race([reading, sleep(1_000)])
    },
  }
}

const available = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw unavailable(error)
  }
}

/** What is ours stays as it is; what gRPC says of a server that is away becomes STORE_UNAVAILABLE. */
const unavailable = (error: unknown): unknown =>
  error instanceof CatalogueError || error instanceof RangeError || error instanceof TypeError
    ? error
    : failure('STORE_UNAVAILABLE', { reason: error instanceof Error ? error.message : String(error) }, error)
