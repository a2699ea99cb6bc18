import { jetstreamManager, type ConsumerInfo, type JetStreamManager, type MsgRequest, type StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { keysOf } from '../nats/overflow/markers.ts'
import { STREAM } from '../nats/subjects.ts'
import { subscriptionIn } from '../subscriptions/port.ts'
import type { Metric, PartMetrics } from './port.ts'

/** Streams with consumers that somebody waits for. */
const READ: ReadonlySet<string> = new Set([STREAM.events, STREAM.hits, STREAM.timers, STREAM.advisories, STREAM.async])
/** Groups looked into for their oldest message, in one scrape. */
const LOOKED_INTO = 32

type Row = { readonly labels: Record<string, string>; readonly value: number }
type Lag = { readonly stream: string; readonly group: string; readonly pending: number; readonly unacked: number; readonly oldestSeconds: number }

/** What the broker itself knows of streams and of those who read them, as it is now: the same whoever asks. */
export const brokerMetrics = async (connection: NatsConnection): Promise<PartMetrics> => {
  const jsm = await jetstreamManager(connection, { checkAPI: false })
  const streams: StreamInfo[] = []
  for await (const stream of jsm.streams.list()) streams.push(stream)
  const lags = groups(await Promise.all(streams.filter(({ config: { name } }) => READ.has(name)).map(async ({ config: { name } }) => lagsOf(jsm, name))))
  const ofStream = ({ config: { name } }: StreamInfo, value: number): Row => ({ labels: { stream: name }, value })
  const ofGroup = (value: (lag: Lag) => number): Row[] => lags.map((lag) => ({ labels: { stream: lag.stream, group: lag.group }, value: value(lag) }))
  return {
    part: 'broker', id: 'broker',
    metrics: [
      gaugeOf('playground_stream_messages', 'Messages in a stream of the broker', streams.map((stream) => ofStream(stream, stream.state.messages))),
      gaugeOf('playground_stream_bytes', 'Size of a stream of the broker', streams.map((stream) => ofStream(stream, stream.state.bytes))),
      gaugeOf('playground_group_pending', 'Messages a group has yet to be given: how far it lags behind', ofGroup(({ pending }) => pending)),
      gaugeOf('playground_group_unacknowledged', 'Messages a group was given and has not yet dealt with', ofGroup(({ unacked }) => unacked)),
      gaugeOf('playground_group_oldest_waiting_seconds', 'Age of the oldest message a group has not dealt with', ofGroup(({ oldestSeconds }) => oldestSeconds)),
      gaugeOf('playground_overflowed_keys', 'Aggregates whose events overflowed and are read from the stream', await overflowed(jsm, streams)),
    ],
  }
}

const gaugeOf = (name: string, help: string, values: readonly Row[]): Metric => ({ name, help, type: 'gauge', values: [...values] })

const lagsOf = async (jsm: JetStreamManager, stream: string): Promise<readonly Lag[]> => {
  const consumers: ConsumerInfo[] = []
  for await (const consumer of jsm.consumers.list(stream)) if (consumer.config.durable_name !== undefined) consumers.push(consumer)
  return await Promise.all(consumers.map(async (consumer, index) => ({
    stream, group: groupOf(consumer.name), pending: consumer.num_pending, unacked: consumer.num_ack_pending,
    oldestSeconds: consumer.num_pending + consumer.num_ack_pending > 0 && index < LOOKED_INTO ? await oldest(jsm, stream, consumer) : 0,
  })))
}

/** Subscriptions of others are as many as they like: together they are one group. */
const groupOf = (consumer: string): string => (subscriptionIn(consumer) === null ? consumer : 'subscriptions')

const groups = (all: readonly (readonly Lag[])[]): readonly Lag[] => {
  const sums = new Map<string, Lag>()
  for (const lag of all.flat()) {
    const key = `${lag.stream} ${lag.group}`
    const before = sums.get(key)
    sums.set(key, before ? { ...lag, pending: before.pending + lag.pending, unacked: before.unacked + lag.unacked, oldestSeconds: Math.max(before.oldestSeconds, lag.oldestSeconds) } : lag)
  }
  return [...sums.values()]
}

/** Age of the first message behind all that it has dealt with. */
const oldest = async (jsm: JetStreamManager, stream: string, { config, ack_floor }: ConsumerInfo): Promise<number> => {
  const filters = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : ['>'])
  const found = await Promise.all(filters.map((next_by_subj) =>
    // the server takes both together, the client's type does not know
    jsm.streams.getMessage(stream, { seq: ack_floor.stream_seq + 1, next_by_subj } as MsgRequest).catch(() => null))) // gone meanwhile
  const times = found.flatMap((message) => (message ? [message.time.getTime()] : []))
  return times.length === 0 ? 0 : Math.max(0, (Date.now() - Math.min(...times)) / 1_000)
}

const overflowed = async (jsm: JetStreamManager, streams: readonly StreamInfo[]): Promise<readonly Row[]> => {
  const isThere = streams.some(({ config: { name } }) => name === 'KV_overflow')
  return [{ labels: {}, value: isThere ? (await keysOf(jsm, '>')).length : 0 }]
}
