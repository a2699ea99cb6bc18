import { describe } from 'vitest'
import { NOT_RUN } from '../testing/report.ts'
import type { OpenStore } from './contract-fixtures.ts'
import { eventStoreContract } from './contract.ts'
import { eventStoreDb } from './eventstoredb/store.ts'

const url = process.env['EVENTSTORE_URL']

/** The suite asks for an empty store: the server is one made for it, as the profile in docker-compose.yml makes it. Its parked messages lie in streams of its own. */
const open = (url: string): OpenStore => async () => {
  const [store, other] = [await eventStoreDb({ url }), await eventStoreDb({ url })]
  return {
    store, other,
    parked: () => Promise.reject(new Error('EventStoreDB keeps parked messages in $persistentsubscription streams')),
    close: async () => {
      await Promise.all([store.close(), other.close()])
    },
  }
}

describe.skipIf(!url)(url ? 'EVENTSTORE_URL' : NOT_RUN.eventStoreDb, () => {
  eventStoreContract('EventStoreDB', open(url ?? ''))
})
