import { jetstreamManager, JetStreamApiCodes, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { openBucket } from '../nats/buckets.ts'
import { isApiError } from '../nats/streams.ts'
import { BUCKET, STREAM } from '../nats/subjects.ts'
import { unavailable } from '../nats/unavailable.ts'
import { noteOf } from './notes.ts'
import { groupOf, type Deliveries } from './port.ts'

/** The state of deliveries: the consumer's own counts, the letters in PARKED, and what the dispatcher noted. */
export const natsDeliveries = async (connection: NatsConnection, { replicas }: { readonly replicas: number }): Promise<Deliveries> => {
  const manager = await jetstreamManager(connection, { checkAPI: false })
  const bucket = await openBucket(connection, BUCKET.deliveries, replicas)
  return {
    of: async (subscriptionId) => {
      try {
        const [lag, parked, note] = await Promise.all([lagOf(manager, subscriptionId), parkedOf(manager, subscriptionId), noteOf(bucket, subscriptionId)])
        return { ...note, lag, parked }
      } catch (error) {
        throw unavailable(error)
      }
    },
  }
}

const lagOf = async (manager: JetStreamManager, subscriptionId: string): Promise<number | null> => {
  try {
    const { num_pending, num_ack_pending } = await manager.consumers.info(STREAM.events, groupOf(subscriptionId))
    return num_pending + num_ack_pending
  } catch (error) {
    if (isApiError(error, JetStreamApiCodes.ConsumerNotFound)) return null
    throw error
  }
}

const parkedOf = async (manager: JetStreamManager, subscriptionId: string): Promise<number> => {
  const { state } = await manager.streams.info(STREAM.parked, { subjects_filter: `parked.${groupOf(subscriptionId)}.>` })
  return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0)
}
