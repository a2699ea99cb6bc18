import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import type { Subscription } from '../event-store/port.ts'
import type { Log } from '../log.ts'
import { fromStored } from '../nats/direct.ts'
import { consumerGroup } from '../nats/group.ts'
import { park } from '../nats/park.ts'
import { STREAM } from '../nats/subjects.ts'

/** What the broker says of a message that it delivers no more (nats-server, schemas io.nats.jetstream.advisory.v1.max_deliver and terminated). */
const advisorySchema = z.object({
  type: z.string(), stream: z.string(), consumer: z.string(), stream_seq: z.int().min(1), deliveries: z.int().min(0), reason: z.string().optional(),
})

/**
 * The safety net under all groups: they never let the broker give a message up (max_deliver is unlimited, nothing is terminated), so
 * whatever does is another's consumer or a mistake. What it gave up becomes a dead letter like any other; what is gone, an error in the log.
 */
export const parkGivenUp = async (nc: NatsConnection, replicas: number, log: Log): Promise<Subscription> => {
  const manager = await jetstreamManager(nc, { checkAPI: false })
  const options = { stream: STREAM.advisories, group: GROUP, subjects: ['$JS.EVENT.ADVISORY.CONSUMER.>'], concurrency: 4, replicas, log }
  return await consumerGroup(nc, options, async ({ data }) => {
    const advisory = read(data)
    if (!advisory) return { verdict: 'park', reason: 'no advisory that this release knows' }
    const { stream, consumer, stream_seq: sequence, deliveries } = advisory
    const reason = `the broker gave it up after ${deliveries} deliveries${advisory.reason ? `: ${advisory.reason}` : ''} (${advisory.type})`
    const stored = await manager.streams.getMessage(stream, { seq: sequence })
    log.error({ stream, consumer, sequence, deliveries, reason }, stored ? 'parked' : 'the broker gave up a message that is gone')
    if (stored) await park(nc, { group: consumer, stream, message: fromStored(stored), reason, attempts: deliveries })
    return { verdict: 'ack' }
  })
}

const read = (data: Uint8Array): z.infer<typeof advisorySchema> | null => {
  try {
    return advisorySchema.parse(JSON.parse(new TextDecoder().decode(data)))
  } catch {
    return null // the caller parks it, so that somebody looks
  }
}

/** With an underscore, which no function's name has. */
const GROUP = 'broker_advisories'
