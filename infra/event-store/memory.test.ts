import { eventStoreContract } from './contract.ts'
import { memoryEventStore } from './memory.ts'

eventStoreContract('memory', async () => {
  const store = memoryEventStore()
  return {
    store,
    other: store,
    parked: async (group) => store.parked.filter((letter) => letter.group === group)
      .map(({ event: { stream, type, data }, reason, attempts }) => ({ stream, type, data, reason, attempts })),
    close: () => store.close(),
  }
})
