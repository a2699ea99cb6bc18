import { jetstreamManager, type JetStreamManager, type MsgRequest } from '@nats-io/jetstream'
import { EventEmitter } from 'node:events'
import type { NatsConnection } from '@nats-io/transport-node'
import { readEvent } from '../../../events/catalogue.ts'
import type { DomainEvent, RecordedEvent, StreamName } from '../../../events/envelope.ts'
import { onReconnect } from '../../nats/connect.ts'
import { fromStored } from '../../nats/direct.ts'
import { askAgain, type Ask } from '../../nats/lost-answers.ts'
import { STREAM } from '../../nats/subjects.ts'
import { unavailable } from '../../nats/unavailable.ts'
import { decodeMessage, HEADER, type StreamMessage } from '../../nats/wire.ts'
import { LongStreams } from './long-streams.ts'

/** What the parts of the adapter share. `replicas`: with more than one, a direct read may be answered by one that lags. */
export type Broker = { readonly nc: NatsConnection; readonly jsm: JetStreamManager; readonly ask: Ask; readonly replicas: number; readonly heads: Heads; readonly long: LongStreams; readonly connection: Connection }

/** Says `reconnect` when the connection is there again, possibly to a broker that began anew. */
export type Connection = EventEmitter<{ reconnect: [] }>

/** The newest event of a stream as a writer needs it; `NOTHING` for a stream that does not exist. */
export type Head = { readonly revision: number; readonly sequence: number; readonly id: string | null }
export const NOTHING: Head = { revision: -1, sequence: 0, id: null }

export const openBroker = async (nc: NatsConnection, replicas: number): Promise<Broker> => {
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  const heads = new Heads()
  const long = new LongStreams()
  const connection: Connection = new EventEmitter<{ reconnect: [] }>().setMaxListeners(0)
  connection.on('reconnect', () => {
    heads.forget()
    long.forget()
  })
  onReconnect(nc, async () => void connection.emit('reconnect'))
  return { nc, jsm, ask: askAgain(nc), replicas, heads, long, connection }
}

/**
 * Revision and sequence of streams read or written lately, so that an append that expects a revision needs no read before
 * it. Only a guess: the broker checks the sequence.
 */
export class Heads {
  readonly #heads = new Map<StreamName, Head>()

  get(stream: StreamName): Head | undefined {
    return this.#heads.get(stream)
  }

  learn(stream: StreamName, head: Head): void {
    if ((this.#heads.get(stream)?.sequence ?? 0) > head.sequence) return
    // the least lately learned goes first
    this.#heads.delete(stream)
    this.#heads.set(stream, head)
    if (this.#heads.size > MAX_HEADS) for (const oldest of this.#heads.keys()) return void this.#heads.delete(oldest)
  }

  forget(stream?: StreamName): void {
    if (stream === undefined) this.#heads.clear()
    else this.#heads.delete(stream)
  }
}
const MAX_HEADS = 20_000

/** Any failure of the broker or the way to it is STORE_UNAVAILABLE; errors of the catalogue and of the caller's program pass. */
export const available = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw error instanceof RangeError ? error : unavailable(error)
  }
}

/** Newest message of a stream, from the leader: a replica may lag. */
export const newestMessage = async ({ ask, jsm }: Broker, stream: StreamName): Promise<StreamMessage | null> => {
  const found = await ask(() => jsm.streams.getMessage(STREAM.events, { last_by_subj: `events.${stream}` }))
  return found && fromStored(found)
}

/** First message of a stream at or after a sequence, from the leader. */
export const nextMessage = async ({ ask, jsm }: Broker, stream: StreamName, sequence: number): Promise<StreamMessage | null> => {
  // the server takes both together, the client's type does not know
  const found = await ask(() => jsm.streams.getMessage(STREAM.events, { seq: sequence, next_by_subj: `events.${stream}` } as MsgRequest))
  return found && fromStored(found)
}

export const headOf = (message: StreamMessage): Head =>
  ({ revision: Number(message.header(HEADER.revision)), sequence: message.sequence, id: message.header(HEADER.id) ?? null })

/** @throws MALFORMED_EVENT, UNKNOWN_EVENT when what is stored was not written by a release this one knows */
export const toRecorded = <E extends DomainEvent = DomainEvent>(message: StreamMessage): RecordedEvent<E> => {
  const { id, type, version, data, metadata, revision, sequence, at } = decodeMessage(message)
  const event = readEvent<E>(type, version, data)
  const stream = message.subject.slice('events.'.length) as StreamName
  return { ...event, id, metadata, stream, revision: revision ?? 0, position: sequence, at: milliseconds(at), version }
}

/** The broker's nanoseconds cut to milliseconds; RFC 3339 in UTC either way. */
const milliseconds = (at: string): string => (at.length >= 24 && at.endsWith('Z') ? `${at.slice(0, 23)}Z` : new Date(at).toISOString())
