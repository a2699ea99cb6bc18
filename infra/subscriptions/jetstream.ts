import { jetstreamManager, JetStreamApiCodes, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { webhookSecret } from '../delivery/webhook.ts'
import { openBucket } from '../nats/buckets.ts'
import { isApiError } from '../nats/streams.ts'
import { BUCKET, STREAM } from '../nats/subjects.ts'
import { unavailable } from '../nats/unavailable.ts'
import type { Outbound } from '../outbound/port.ts'
import { noteOf } from './notes.ts'
import { groupOf, type Subscribers } from './port.ts'
import { post } from './post.ts'

export type SubscribersOptions = { readonly connection: NatsConnection; readonly replicas: number; readonly outbound: Outbound; readonly signingKey: string }

/** Endpoints behind the guard. The state of deliveries is the consumer's own counts, the letters in PARKED, and what the dispatcher noted. */
export const natsSubscribers = async ({ connection, replicas, outbound, signingKey }: SubscribersOptions): Promise<Subscribers> => {
  const manager = await jetstreamManager(connection, { checkAPI: false })
  const bucket = await openBucket(connection, BUCKET.deliveries, replicas)
  return {
    refusal: outbound.refusal,
    secret: ({ subscriptionId, secretVersion }) => webhookSecret(signingKey, subscriptionId, secretVersion),
    send: (subscription, head, body) => post({ subscription, outbound, signingKey }, head, body),
    deliveries: async (subscriptionId) => {
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
