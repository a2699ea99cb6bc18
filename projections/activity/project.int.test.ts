import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RecordedEvent } from '../../events/envelope.ts'
import type { Instance, InstanceEvent } from '../../events/instance/events.ts'
import { memoryEventStore } from '../../infra/event-store/memory.ts'
import type { EventStore } from '../../infra/event-store/port.ts'
import { catchUp } from '../../infra/projector/session.ts'
import { startDatabase, type TestDatabase } from '../../infra/projector/testing.ts'
import { eventsIn, happen, histories } from '../testing/histories.ts'
import { activity } from './project.ts'
import { quantile } from './quantile.ts'
import { activityOf, type Activity } from './queries.ts'
import { KEPT_WAKES } from './table.ts'

let database: TestDatabase
beforeAll(async () => { database = await startDatabase() })
afterAll(() => database.stop())

const project = (store: EventStore) => catchUp({ store, postgres: database.postgres, projection: activity })

const nothing: Activity = {
  requests: 0, wakes: 0, sleeps: 0, awakeSeconds: 0, awakeSince: null, lastWakeAt: null,
  wakeTimes: { count: 0, sumMs: 0, minMs: null, maxMs: null, p50Ms: null, p95Ms: null, newest: [] },
}

/** The same, told in TypeScript from all events of a deployment. */
const told = (events: readonly InstanceEvent[]): Activity => {
  let { requests, sleeps, awakeSeconds, awakeSince, lastWakeAt } = nothing
  let claim: string | null = null
  const wakeTimes: number[] = []
  for (const { type, data } of events) {
    if (type === 'InstanceStarted' || type === 'InstanceResumed') {
      [awakeSince, claim] = [data.at, data.claimId]
      if (type === 'InstanceResumed' || data.reason === 'wake') {
        wakeTimes.push(data.wakeMs)
        lastWakeAt = data.at
      }
    }
    const current: boolean = data.claimId === claim
    if (type === 'InstancePaused' || type === 'InstanceHibernated' || type === 'InstanceReleased') {
      requests += data.requests
      awakeSeconds += data.awakeMs / 1_000
      if (current && type !== 'InstanceReleased') sleeps += 1
    }
    if (type === 'InstanceLost' && current && awakeSince) awakeSeconds += (Date.parse(data.at) - Date.parse(awakeSince)) / 1_000
    if (current && ['InstancePaused', 'InstanceHibernated', 'InstanceReleased', 'InstanceLost'].includes(type)) [awakeSince, claim] = [null, null]
  }
  const newest = wakeTimes.slice(-KEPT_WAKES)
  return {
    requests, sleeps, awakeSeconds: expect.closeTo(awakeSeconds, 6), awakeSince, lastWakeAt, wakes: wakeTimes.length,
    wakeTimes: {
      count: wakeTimes.length, sumMs: expect.closeTo(wakeTimes.reduce((sum, ms) => sum + ms, 0), 6), newest,
      minMs: wakeTimes.length ? Math.min(...wakeTimes) : null, maxMs: wakeTimes.length ? Math.max(...wakeTimes) : null,
      p50Ms: quantile(newest, 0.5), p95Ms: quantile(newest, 0.95),
    },
  }
}

test('after any history the activity is what all events together tell', async () => {
  await fc.assert(fc.asyncProperty(histories, async (steps) => {
    const store = memoryEventStore()
    const ids = await happen(store, steps)
    await project(store)
    const all = (await eventsIn(store)).filter((event): event is RecordedEvent<InstanceEvent> => 'instance' in event.data)
    for (const id of ids) expect(await activityOf(database.db, id)).toEqual(told(all.filter(({ data }) => data.deploymentId === id)))
  }), { numRuns: 40 })
})

test('of many wakes only the newest times are kept, and all are counted', async () => {
  const store = memoryEventStore()
  const at = '2026-01-01T00:00:00.000Z'
  const instance: Instance = {
    claimId: 'busy-1', deploymentId: 'busy', name: 'busy', epoch: 1, plan: 'small', settings: { pauseAfterSeconds: 1, hibernateAfterSeconds: 1, maxBodyBytes: 1024 },
    status: 'running', since: at, node: 'n', slot: 's', address: '127.0.0.1:1', startedAt: at, wakes: 0, requests: 0,
  }
  const resumed = (wakeMs: number): InstanceEvent => ({ type: 'InstanceResumed', data: { deploymentId: 'busy', claimId: 'busy-1', at, reason: 'hit', wakeMs, instance } })
  await store.append('instance.busy-1', Array.from({ length: 250 }, (_, index) => ({ ...resumed(index + 1), id: `wake-${index}`, metadata: { correlationId: 'c', actor: 'a' } })), 'none')
  await project(store)
  expect(await activityOf(database.db, 'busy')).toMatchObject({
    wakes: 250, lastWakeAt: at, awakeSince: at,
    wakeTimes: { count: 250, minMs: 1, maxMs: 250, sumMs: 31_375, p50Ms: 200, p95Ms: 245, newest: Array.from({ length: KEPT_WAKES }, (_, index) => 151 + index) },
  })
})

test('a deployment nobody knows was never used', async () => {
  await project(memoryEventStore())
  expect(await activityOf(database.db, 'nobody')).toEqual(nothing)
})
