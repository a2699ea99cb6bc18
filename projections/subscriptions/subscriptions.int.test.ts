import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SubscriptionEvent } from '../../events/subscription/events.ts'
import { subscriptionsOf } from '../../infra/aggregates/subscriptions.ts'
import { memoryEventStore } from '../../infra/event-store/memory.ts'
import { catchUp } from '../../infra/projector/session.ts'
import { startDatabase, type TestDatabase } from '../../infra/projector/testing.ts'
import { subscribed, SUBSCRIPTION, subscriptionAfter } from '../testing/subscriptions.ts'
import { subscriptions } from './project.ts'
import { listSubscriptions } from './queries.ts'

let database: TestDatabase
beforeAll(async () => { database = await startDatabase() })
afterAll(() => database.stop())

const metadata = { correlationId: 'c', actor: 'test' }
const time = (index: number) => new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString()

/** What `decide` allows of random commands to one subscription. */
const historyOf = (subscriptionId: string, created: string, acts: readonly number[]): readonly SubscriptionEvent[] => {
  const events = [...subscribed(subscriptionId, created, acts.length)]
  for (const [index, act] of acts.entries()) {
    const state = subscriptionAfter(events)
    if (state && state.status !== 'deleted') events.push(...(SUBSCRIPTION[act]?.(state, time(100 + index), index) ?? []))
  }
  return events
}

test('after any history a row says what folding the subscription says; pages hold each once', async () => {
  const statuses = new Set<string>()
  await fc.assert(fc.asyncProperty(fc.array(fc.array(fc.nat(SUBSCRIPTION.length - 1), { maxLength: 8 }), { minLength: 1, maxLength: 6 }), async (histories) => {
    const store = memoryEventStore()
    const loaded = subscriptionsOf(store)
    // three at the same moment each: the id tells them apart
    for (const [index, acts] of histories.entries()) await loaded.begin(`s${index}`, historyOf(`s${index}`, time(Math.floor(index / 3)), acts), `cause-${index}`, metadata)
    await catchUp({ store, postgres: database.postgres, projection: subscriptions })
    const expected = await Promise.all(histories.map(async (_, index) => (await loaded.load(`s${index}`)).subscription))
    for (const status of ['active', 'paused', 'deleted', undefined] as const) {
      const wanted = expected.filter((each) => (status === undefined ? each.status !== 'deleted' : each.status === status))
        .toSorted((a, b) => (a.createdAt === b.createdAt ? (a.subscriptionId < b.subscriptionId ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1))
        .map(({ subscriptionId, secretSince: _, ...rest }) => ({ id: subscriptionId, ...rest }))
      const found = []
      for (let cursor: string | undefined; ;) {
        const page = await listSubscriptions(database.db, { status }, { limit: 2, cursor })
        found.push(...page.items)
        if (page.next === null) break
        cursor = page.next
      }
      expect(found).toEqual(wanted)
      for (const { status: seen } of found) statuses.add(seen)
    }
  }), { numRuns: 25 })
  expect([...statuses].toSorted()).toEqual(['active', 'deleted', 'paused'])
})
