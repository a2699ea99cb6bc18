import type { NatsConnection } from '@nats-io/transport-node'
import type { Log } from '../log.ts'
import { forgetGroup } from '../nats/durable.ts'
import { consumerGroup } from '../nats/group.ts'
import { HEADER } from '../nats/wire.ts'
import type { Deliver } from './deliver.ts'
import { reaction } from './reaction.ts'
import type { Groups } from './subscriptions.ts'

/** The functions' groups on JetStream: durable consumers named after their function, one on each stream it hears. */
export const jetstreamGroups = (connection: NatsConnection, deliver: Deliver, replicas: number, log: Log): Groups => ({
  open: ({ subscriber, stream }) => {
    const types = subscriber.types && new Set<string | undefined>([...subscriber.types, NO_TYPE])
    return consumerGroup(connection, {
      stream,
      group: subscriber.name,
      subjects: subscriber.subjects.get(stream) ?? [],
      // by header: what a function does not hear costs neither a parse nor a call
      ...(types ? { accept: (message) => types.has(message.header(HEADER.type)) } : {}),
      concurrency: subscriber.concurrency,
      // a new function hears all history, and of hits what the stream still holds, minutes at most: after a restart of the broker
      // the stream is made anew, and who began at its end would miss the visitors that came before
      from: 'start',
      replicas,
      log,
    }, reaction(subscriber, deliver, log))
  },
  forget: ({ subscriber: { name }, stream }) => forgetGroup(connection, stream, name),
})

/** What is no event has no type: heard by all, so that it is parked and not passed over. */
const NO_TYPE = undefined
