import { setTimeout as sleep } from 'node:timers/promises'
import { connectNats } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { startNatsCluster } from '../testing/nats-cluster.ts'
import type { OpenStore } from './contract-fixtures.ts'
import { eventStoreContract } from './contract.ts'
import { jetStreamEventStore } from './jetstream/store.ts'
import { parkedLetters } from './parked-letters.ts'

process.env['LOG_LEVEL'] = 'silent'

/** A young cluster still elects its leaders, on a slow machine more than once. */
const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
  for (const end = Date.now() + 100_000; ; await sleep(50)) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > end) throw error
    }
  }
}

/** Two processes at different nodes, so that one of them writes through a follower and reads where data may lag. */
const open: OpenStore = async (options = {}) => {
  const cluster = await startNatsCluster()
  const at = async (node: number) => await connectNats({ NATS_URL: cluster.urls[node] ?? '', SECRETS_DIR: cluster.folder }, 'contract')
  const [mine, others] = [await at(0), await at(1)]
  const replicas = 3
  const openStores = async () => {
    await ensureStreams(mine, { ...options, replicas })
    return [await jetStreamEventStore({ nc: mine, replicas }), await jetStreamEventStore({ nc: others, replicas })] as const
  }
  const [store, other] = await patiently(openStores)
  return {
    store,
    other,
    parked: (group) => parkedLetters(mine, group),
    close: async () => {
      await Promise.all([mine.close(), others.close()])
      await cluster.stop()
    },
  }
}

eventStoreContract('JetStream, three replicas', open)
