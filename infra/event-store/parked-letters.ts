import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { PARKED } from '../nats/park.ts'
import { STREAM } from '../nats/subjects.ts'
import { HEADER } from '../nats/wire.ts'
import type { ParkedLetter } from './contract-fixtures.ts'

/** What a group parked in the stream PARKED, for the contract suite. */
export const parkedLetters = async (nc: NatsConnection, group: string): Promise<readonly ParkedLetter[]> => {
  const consumer = await jetstream(nc).consumers.get(STREAM.parked, { filter_subjects: [`parked.${group}.>`] })
  const letters: ParkedLetter[] = []
  for (let left = (await consumer.info()).num_pending; left > 0; left--) {
    const message = await consumer.next()
    if (!message) break
    const header = (name: string) => message.headers?.get(name) ?? ''
    letters.push({
      stream: header(PARKED.subject).slice('events.'.length), type: header(HEADER.type),
      reason: header(PARKED.reason), attempts: Number(header(PARKED.attempts)), data: message.json(),
    })
  }
  return letters
}
