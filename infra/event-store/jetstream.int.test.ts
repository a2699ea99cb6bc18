import { jetstream } from '@nats-io/jetstream'
import type { StreamName } from '../../events/envelope.ts'
import { connectNats } from '../nats/connect.ts'
import { PARKED } from '../nats/park.ts'
import { ensureStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { HEADER } from '../nats/wire.ts'
import { startNats } from '../testing/servers.ts'
import type { OpenStore, ParkedLetter } from './contract-fixtures.ts'
import { eventStoreContract } from './contract.ts'
import { jetStreamEventStore } from './jetstream/store.ts'

process.env['LOG_LEVEL'] = 'silent'

const open = (replicas: number): OpenStore => async (options = {}) => {
  const server = await startNats()
  const config = { NATS_URL: server.url, SECRETS_DIR: server.folder }
  const [mine, others] = [await connectNats(config, 'contract'), await connectNats(config, 'another process')]
  await ensureStreams(mine, options)
  return {
    store: await jetStreamEventStore({ nc: mine, replicas }),
    other: await jetStreamEventStore({ nc: others, replicas }),
    parked: async (group) => {
      const consumer = await jetstream(mine).consumers.get(STREAM.parked, { filter_subjects: [`parked.${group}.>`] })
      const letters: ParkedLetter[] = []
      for (let left = (await consumer.info()).num_pending; left > 0; left--) {
        const message = await consumer.next()
        if (!message) break
        const header = (name: string) => message.headers?.get(name) ?? ''
        letters.push({
          stream: header(PARKED.subject).slice('events.'.length) as StreamName, type: header(HEADER.type),
          reason: header(PARKED.reason), attempts: Number(header(PARKED.attempts)), data: message.json(),
        })
      }
      return letters
    },
    close: async () => {
      await Promise.all([mine.close(), others.close()])
      await server.stop()
    },
  }
}

eventStoreContract('JetStream', open(1))
// the way of reading that does not trust the nearest replica, which one server cannot show to be needed, only to be right
eventStoreContract('JetStream, reads checked with the leader', open(3))
