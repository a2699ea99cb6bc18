import fc from 'fast-check'
import { jetstream } from '@nats-io/jetstream'
import { sql } from 'kysely'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { streamCategory } from '../events/envelope.ts'
import { started } from '../events/node/decide.ts'
import { caused } from '../infra/aggregates/append.ts'
import { jetStreamEventStore } from '../infra/event-store/jetstream/store.ts'
import { memoryEventStore } from '../infra/event-store/memory.ts'
import type { EventStore } from '../infra/event-store/port.ts'
import { logger } from '../infra/log.ts'
import { connectNats } from '../infra/nats/connect.ts'
import { ensureStreams } from '../infra/nats/streams.ts'
import { parkLetters } from '../infra/projector/letters.ts'
import type { Park } from '../infra/projector/poison.ts'
import { schemaOf } from '../infra/projector/projection.ts'
import { startProjector, type Projector } from '../infra/projector/run.ts'
import { catchUp } from '../infra/projector/session.ts'
import { dump, startDatabase, type TestDatabase } from '../infra/projector/testing.ts'
import { startNats, type NatsServer } from '../infra/testing/servers.ts'
import { projections } from './index.ts'
import { eventsIn, happen, histories } from './testing/histories.ts'

let database: TestDatabase
beforeAll(async () => { database = await startDatabase() })
afterAll(() => database.stop())

const dumps = () => Promise.all(projections.map((projection) => dump(database.db, projection)))
const project = async (store: EventStore, { batchSize = 1_000, park }: { readonly batchSize?: number; readonly park?: Park } = {}) => {
  for (const projection of projections) await catchUp({ store, postgres: database.postgres, projection, batchSize, ...(park ? { park } : {}) })
}
const dropEverything = async () => {
  for (const projection of projections) await sql`drop schema ${sql.id(schemaOf(projection))} cascade`.execute(database.db)
}
const someHistory = (seed: number) => fc.sample(histories, { numRuns: 1, seed })[0] ?? []

test('dropping everything and rebuilding from the stream gives the same rows, however the events came', async () => {
  const store = memoryEventStore()
  for (const [round, steps] of fc.sample(histories, { numRuns: 12, seed: 7 }).entries()) {
    await happen(store, steps, `r${round}-`)
    await store.append(`node.node-${round}`, caused(started({ node: `node-${round}`, at: '2026-01-01T00:00:00.000Z', adopted: 0, maxSlots: 10 }), `start ${round}`, { correlationId: 'c', actor: 'agent' }), 'none')
    await project(store, { batchSize: 1 + round * 3 }) // as they come, in batches of several sizes
  }
  const before = await dumps()
  // slots are given up again, all other rows stay
  for (const [name, rows] of before.flatMap((tables) => Object.entries(tables))) expect([name, rows.length]).toEqual([name, expect.toSatisfy((count: number) => count >= (name === 'slots' ? 1 : 12))])
  await dropEverything()
  await project(store)
  expect(await dumps()).toEqual(before)
})

test('applying to what is up to date changes nothing', async () => {
  const store = memoryEventStore()
  await happen(store, someHistory(1))
  await project(store)
  const before = await dumps()
  await project(store)
  expect(await dumps()).toEqual(before)
})

describe('with JetStream', () => {
  let nats: NatsServer
  let connection: NatsConnection
  let store: EventStore
  let park: Park
  let projector: Projector | undefined
  beforeAll(async () => {
    nats = await startNats()
    connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'test')
    await ensureStreams(connection)
    store = await jetStreamEventStore({ nc: connection })
    park = await parkLetters(connection)
  })
  afterAll(async () => {
    await projector?.close()
    await connection.close()
    await nats.stop()
  })
  const applied = async () => {
    const events = await eventsIn(store)
    await expect.poll(() => projector?.status().map(({ state, name, position }) => ({ name, state, position })), { timeout: 20_000, interval: 10 }).toEqual(
      projections.map(({ name, categories }) => ({ name, state: 'live', position: events.findLast(({ stream }) => categories.includes(streamCategory(stream)))?.position })))
  }

  test('events are followed as they come, over a restart of the broker and one of PostgreSQL; a rebuild gives the same rows', async () => {
    await happen(store, someHistory(2), 'a')
    projector = startProjector({ store, postgres: database.postgres, projections, park, log: logger('test', 'silent'), maxBackoffMs: 500 })
    await projector.ready
    await happen(store, someHistory(3), 'b')
    await applied()

    await nats.restart()
    await expect.poll(() => store.head().catch(() => null), { timeout: 20_000 }).not.toBeNull()
    await happen(store, someHistory(4), 'c')
    await applied()

    await Promise.all([database.server.restart(), happen(store, someHistory(5), 'd')])
    await applied()

    // whoever has the broker's password can write what is no event; it is parked, and stops nothing
    await jetstream(connection).publish('events.deployment.broken', 'no event')
    await happen(store, someHistory(6), 'e')
    await applied()

    const live = await dumps()
    expect(Object.values(live[0] ?? {}).flat().length).toBeGreaterThan(8)
    await projector.close()
    await dropEverything()
    await project(store, { park })
    expect(await dumps()).toEqual(live)
  })
})
