import { connectNats } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { startNats } from '../testing/servers.ts'
import type { OpenStore } from './contract-fixtures.ts'
import { eventStoreContract } from './contract.ts'
import { jetStreamEventStore } from './jetstream/store.ts'
import { parkedLetters } from './parked-letters.ts'

process.env['LOG_LEVEL'] = 'silent'

const open: OpenStore = async (options = {}) => {
  const server = await startNats()
  const config = { NATS_URL: server.url, SECRETS_DIR: server.folder }
  const [mine, others] = [await connectNats(config, 'contract'), await connectNats(config, 'another process')]
  await ensureStreams(mine, options)
  return {
    store: await jetStreamEventStore({ nc: mine }),
    other: await jetStreamEventStore({ nc: others }),
    parked: (group) => parkedLetters(mine, group),
    close: async () => {
      await Promise.all([mine.close(), others.close()])
      await server.stop()
    },
  }
}

eventStoreContract('JetStream', open)
