import type { RecordedEvent } from '../../../events/envelope.ts'
import { CatalogueError } from '../../../events/errors.ts'
import { consumerGroup, type GroupMessage } from '../../nats/group.ts'
import { STREAM } from '../../nats/subjects.ts'
import { HEADER } from '../../nats/wire.ts'
import type { Delivered, GroupOptions, Subscription, Verdict } from '../port.ts'
import { toRecorded, type Broker } from './broker.ts'

/** A consumer group over EVENTS whose messages are events; what does not read as one is parked. */
export const subscribe = async (
  { nc, replicas }: Broker, { types, ...options }: GroupOptions, handle: (delivered: Delivered) => Promise<Verdict>,
): Promise<Subscription> =>
  await consumerGroup(
    nc,
    {
      ...options, stream: STREAM.events, replicas,
      ...(types ? { accept: (message: GroupMessage) => types.includes(message.header(HEADER.type) ?? '') } : {}),
    },
    async (message, attempt) => {
      const event = parsed(message)
      return event instanceof CatalogueError ? { verdict: 'park', reason: event.message } : await handle({ event, attempt })
    },
  )

const parsed = (message: GroupMessage): RecordedEvent | CatalogueError => {
  try {
    return toRecorded(message)
  } catch (error) {
    if (error instanceof CatalogueError) return error
    throw error
  }
}
