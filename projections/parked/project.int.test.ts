import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { streamCategory, streamId } from '../../events/envelope.ts'
import { lettersOf } from '../../infra/aggregates/letters.ts'
import { memoryEventStore } from '../../infra/event-store/memory.ts'
import { catchUp } from '../../infra/projector/session.ts'
import { startDatabase, type TestDatabase } from '../../infra/projector/testing.ts'
import { eventsIn, happen, histories } from '../testing/histories.ts'
import { parked } from './project.ts'
import { listLetters } from './queries.ts'

let database: TestDatabase
beforeAll(async () => { database = await startDatabase() })
afterAll(() => database.stop())

test('after any history a row says what folding the letter says', async () => {
  let seen = 0
  await fc.assert(fc.asyncProperty(histories, async (steps) => {
    const store = memoryEventStore()
    await happen(store, steps)
    await catchUp({ store, postgres: database.postgres, projection: parked })
    const ids = new Set((await eventsIn(store)).filter(({ stream }) => streamCategory(stream) === 'parked').map(({ stream }) => streamId(stream)))
    const { items } = await listLetters(database.db, {}, { limit: 200 })
    expect(items.length).toBe(ids.size)
    for (const item of items) {
      const { letterId, ...letter } = (await lettersOf(store).load(item.id)).letter
      expect(item).toEqual({ id: letterId, ...letter })
      seen += 1
    }
  }), { numRuns: 40 })
  expect(seen).toBeGreaterThan(40)
})
