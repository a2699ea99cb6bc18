import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryEventStore } from '../../infra/event-store/memory.ts'
import type { EventStore } from '../../infra/event-store/port.ts'
import { schemaOf } from '../../infra/projector/projection.ts'
import { catchUp } from '../../infra/projector/session.ts'
import { plansOf, startDatabase, type TestDatabase } from '../../infra/projector/testing.ts'
import { eventsIn, happen, histories } from '../testing/histories.ts'
import { history, shownData } from './project.ts'
import { historyOf, type HistoryEntry } from './queries.ts'

let database: TestDatabase
beforeAll(async () => { database = await startDatabase() })
afterAll(() => database.stop())

const project = (store: EventStore) => catchUp({ store, postgres: database.postgres, projection: history })
const eventsOf = async (store: EventStore, id: string) => (await eventsIn(store)).filter(({ data }) => data.deploymentId === id)

const readThrough = async (id: string, limit: number): Promise<readonly HistoryEntry[]> => {
  const entries: HistoryEntry[] = []
  for (let cursor: string | undefined; ;) {
    const page = await historyOf(database.db, id, { cursor, limit })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    entries.push(...page.items)
    if (page.next === null) return entries
    cursor = page.next
  }
}

test('every event of a deployment, its claims and its name is told once, newest first, whatever the page size', async () => {
  await fc.assert(fc.asyncProperty(histories, fc.integer({ min: 1, max: 20 }), async (steps, limit) => {
    const store = memoryEventStore()
    const ids = await happen(store, steps)
    await project(store)
    for (const id of ids) {
      const expected = (await eventsOf(store, id)).toReversed()
      expect(await readThrough(id, limit)).toEqual(expected.map((event) => ({
        position: event.position, id: event.id, type: event.type, stream: event.stream, revision: event.revision, actor: 'operator',
        at: event.data.at, claimId: 'claimId' in event.data ? event.data.claimId : null, data: shownData(event), correlationId: event.metadata.correlationId, causationId: null,
      })))
    }
  }), { numRuns: 20 })
})

describe('a page', () => {
  test('of a deployment nobody knows is empty', async () => {
    await project(memoryEventStore())
    expect(await historyOf(database.db, 'nobody')).toEqual({ items: [], next: null })
  })

  test.each(['', 'x', '!!', Buffer.from('{"a":1}').toString('base64url'), Buffer.from('["1; drop table history"]').toString('base64url'), Buffer.from('["1","2"]').toString('base64url')])(
    'is refused for the cursor %j', async (cursor) => {
      await expect(historyOf(database.db, 'nobody', { cursor })).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'cursor' })
    })

  test.each([0, -1, 201, 1.5, Number.NaN])('is refused for the limit %d', async (limit) => {
    await expect(historyOf(database.db, 'nobody', { limit })).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'limit' })
  })
})

test('of a long history among many a page is read by its key', async () => {
  await project(memoryEventStore())
  await sql`
    insert into ${sql.id(schemaOf(history), 'history')} (deployment_id, position, id, type, stream, revision, at, actor, data, correlation_id)
    select 'd' || (i % 40), i, 'e' || i, 'InstancePaused', 'instance.d', i, timestamptz '2026-01-01', 'function:idle', '{}', 'c'
    from generate_series(1, 20000) as i`.execute(database.db)
  await sql`analyze`.execute(database.db)
  const first = await historyOf(database.db, 'd7')
  expect(first.items.map(({ position }) => position)).toEqual(Array.from({ length: 50 }, (_, index) => String(19_967 - 40 * index)))
  const plans = await plansOf(database.db, async (db) => [await historyOf(db, 'd7'), await historyOf(db, 'd7', { cursor: first.next ?? undefined })])
  expect(plans).toHaveLength(2)
  for (const plan of plans) {
    expect(plan.join('\n')).toMatch(/Index Scan Backward using history_pkey/)
    expect(plan.join('\n')).not.toContain('Seq Scan')
  }
})
