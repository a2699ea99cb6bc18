import { connectNats } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { startNatsCluster } from '../testing/nats-cluster.ts'
import { until, type OpenStore } from './contract-fixtures.ts'
import { eventStoreContract } from './contract.ts'
import { jetStreamEventStore } from './jetstream/store.ts'
import { parkedLetters } from './parked-letters.ts'

process.env['LOG_LEVEL'] = 'silent'

/** Two processes at different nodes, so that one of them writes through a follower and reads where data may lag. */
const open: OpenStore = async (options = {}) => {
  const cluster = await startNatsCluster()
  const at = async (node: number) => await connectNats({ NATS_URL: cluster.urls[node] ?? '', SECRETS_DIR: cluster.folder }, 'contract')
  const [mine, others] = [await at(0), await at(1)]
  const replicas = 3
  await until(async () => await ensureStreams(mine, { ...options, replicas }).then(() => true, () => false), 60)
  return {
    store: await jetStreamEventStore({ nc: mine, replicas }),
    other: await jetStreamEventStore({ nc: others, replicas }),
    parked: (group) => parkedLetters(mine, group),
    close: async () => {
      await Promise.all([mine.close(), others.close()])
      await cluster.stop()
    },
  }
}

eventStoreContract('JetStream, three replicas', open)
