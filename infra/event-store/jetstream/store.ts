import type { NatsConnection } from '@nats-io/transport-node'
import type { DomainEvent, RecordedEvent, StreamName } from '../../../events/envelope.ts'
import { IDENTITY } from '../../nats/streams.ts'
import { STREAM } from '../../nats/subjects.ts'
import type { EventStore, ReadOptions, Write } from '../port.ts'
import { isStreamName } from '../check.ts'
import { appendAll } from './append.ts'
import { available, headOf, newestMessage, openBroker, toRecorded, type Broker } from './broker.ts'
import { readMessages } from './read.ts'
import { lastSequence, readAll } from './read-all.ts'
import { subscribe } from './subscribe.ts'

export type JetStreamStoreOptions = {
  /** The stream must be there: `keepStreams`. The connection stays the caller's. */
  readonly nc: NatsConnection
  /** Replicas of the stream EVENTS. 1 by default. */
  readonly replicas?: number
}

/** The event store on JetStream: one subject per aggregate, revisions in a header, guarded by the subject's last sequence. */
export const jetStreamEventStore = async ({ nc, replicas = 1 }: JetStreamStoreOptions): Promise<EventStore> => {
  const broker = await available(() => openBroker(nc, replicas))
  return {
    append: async (stream, events, expected) => {
      const [appended] = await available(() => appendAll(broker, [{ stream, events, expected }]))
      if (!appended) throw new RangeError(`Nothing to append to ${stream}`)
      return appended
    },
    appendAll: (writes: readonly Write[]) => available(() => appendAll(broker, writes)),
    read: <E extends DomainEvent>(stream: StreamName, options?: ReadOptions) => available(() => read<E>(broker, stream, options)),
    last: <E extends DomainEvent>(stream: StreamName) => available(() => last<E>(broker, stream)),
    readAll: (options) => readAll(broker, options),
    head: () => available(async () => positionOf(await lastSequence(broker))),
    subscribe: (options, handle) => available(() => subscribe(broker, options, handle)),
    identity: () => available(() => identity(broker)),
    close: async () => {},
  }
}

const read = async <E extends DomainEvent>(broker: Broker, stream: StreamName, { from = 0, limit }: ReadOptions = {}): Promise<readonly RecordedEvent<E>[]> => {
  if (!isStreamName(stream)) return []
  if (limit !== undefined) return (await readMessages(broker, stream, 0, from + limit)).slice(from).map((message) => toRecorded<E>(message))
  const known = broker.long.get(stream)
  const since = await readMessages(broker, stream, known.sequence)
  const events = [...known.events, ...since.map((message) => toRecorded(message))]
  broker.long.keep(stream, { events, sequence: since.at(-1)?.sequence ?? known.sequence })
  return (from === 0 ? events : events.slice(from)) as unknown as readonly RecordedEvent<E>[]
}

const last = async <E extends DomainEvent>(broker: Broker, stream: StreamName): Promise<RecordedEvent<E> | null> => {
  const message = isStreamName(stream) ? await newestMessage(broker, stream) : null
  if (!message) return null
  broker.heads.learn(stream, headOf(message))
  return toRecorded<E>(message)
}

const positionOf = (sequence: number): string | null => (sequence === 0 ? null : String(sequence))

/** A stream that was wiped and made anew has another mark and another time of creation. */
const identity = async ({ ask, jsm }: Broker): Promise<string> => {
  const { config, created } = await ask(() => jsm.streams.info(STREAM.events))
  return `${config.metadata?.[IDENTITY] ?? 'unmarked'}@${created}`
}
