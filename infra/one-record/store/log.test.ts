import { expect, it } from 'vitest'
import { commitLog } from './log.ts'
import { ObjectStoreError, type ObjectStore } from './object-store.ts'

const FULL = new ObjectStoreError(507, 'the object store answers 507 XMinioStorageFull')
const LOST = new ObjectStoreError(0, 'the object store does not answer: socket hang up')
const COMMIT = { kind: 'fence', epoch: 0, at: '2026-01-01T00:00:00.000Z', ops: [], bodies: [] } as const

/** A store of one place, whose first answers to a creation are these. */
const storeOf = (...answers: readonly Error[]) => {
  const left = [...answers]
  const asked = { creations: 0 }
  const store: Pick<ObjectStore, 'create' | 'get' | 'beginning'> = {
    create: async () => {
      asked.creations += 1
      const error = left.shift()
      if (error) throw error
      return 'created'
    },
    get: async () => null,
    beginning: async () => null,
  }
  return { log: commitLog(store, 'd/'), asked }
}

it('a commit that the store has no room for was not made, and is not tried again', async () => {
  const { log, asked } = storeOf(FULL)
  await expect(log.append(1, COMMIT)).rejects.toBe(FULL)
  expect(asked.creations).toBe(1)
})

it('a commit of which an attempt may have arrived is tried until it is known, room or none', async () => {
  const { log, asked } = storeOf(LOST, FULL, LOST)
  expect(await log.append(1, COMMIT)).toMatchObject({ header: { n: 1, kind: 'fence' } })
  expect(asked.creations).toBe(4)
})
