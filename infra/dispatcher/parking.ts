import type { NatsConnection } from '@nats-io/transport-node'
import { lettersOf } from '../aggregates/letters.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import type { Subscription } from '../event-store/port.ts'
import { natsPayloads } from '../letters/jetstream.ts'
import type { Log } from '../log.ts'
import { meteredStore } from '../metrics/store.ts'
import { tracedStore } from '../tracing/store.ts'
import { parkGivenUp } from './advisories.ts'
import { redriveReaction, type Redriving } from './redrive.ts'

export type Parking = {
  readonly connection: NatsConnection
  readonly replicas: number
  readonly receiverOf: Redriving['receiverOf']
  readonly log: Log
}

/** Letters redriven at the same time: beside what is delivered for the first time, not before it. */
const CONCURRENCY = 16

/** What the dispatcher itself reacts to: redrives that were asked for, and what the broker gave up. Each a durable group, as functions have them. */
export const openParking = async ({ connection, replicas, receiverOf, log }: Parking): Promise<Subscription> => {
  const store = tracedStore(meteredStore(await jetStreamEventStore({ nc: connection, replicas })))
  const react = redriveReaction({ letters: lettersOf(store), payloads: await natsPayloads(connection), receiverOf, log })
  const redriving = await store.subscribe({ group: REDRIVE, subjects: ['events.parked.*'], types: ['RedriveRequested'], concurrency: CONCURRENCY }, react)
  try {
    const givenUp = await parkGivenUp(connection, replicas, log)
    return { close: async () => void (await Promise.all([redriving.close(), givenUp.close()])) }
  } catch (error) {
    await redriving.close()
    throw error
  }
}

/** With an underscore, which no function's name has. */
const REDRIVE = 'parked_redrive'
