import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { sql } from 'kysely'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { streamCategory } from '../../events/envelope.ts'
import { projections } from '../../projections/index.ts'
import { eventsIn, happen, histories } from '../../projections/testing/histories.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import type { EventStore } from '../event-store/port.ts'
import { logger } from '../log.ts'
import { connectNats } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { copyStream, restoreStream } from '../testing/stream-copy.ts'
import { parkLetters } from './letters.ts'
import { startProjector, type Projector } from './run.ts'
import { catchUp } from './session.ts'
import { dump, startDatabase, type TestDatabase } from './testing.ts'

/** A stream that comes back from a backup has the identity it had then, and less, or something else, under the same numbers. */
let database: TestDatabase
let nats: NatsServer
let connection: NatsConnection
let store: EventStore
let projector: Projector | undefined

beforeEach(async () => {
  [database, nats] = await Promise.all([startDatabase(), startNats({ syncAlways: false })])
  connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'test')
  await ensureStreams(connection)
  store = await jetStreamEventStore({ nc: connection })
})
afterEach(async () => {
  await projector?.close()
  await connection.close()
  await Promise.all([database.stop(), nats.stop()])
})

const start = async () => {
  projector = startProjector({ store, postgres: database.postgres, projections, park: await parkLetters(connection), log: logger('test', 'silent'), maxBackoffMs: 300, identityCheckMs: 300 })
}
/** Histories that differ from seed to seed, under the same names. */
const live = async (seed: number): Promise<void> => {
  await happen(store, fc.sample(histories, { numRuns: 1, seed })[0] ?? [], `s${seed}-`)
}
const applied = async (): Promise<void> => {
  const events = await eventsIn(store)
  const newest = projections.map(({ name, categories }) => ({ projection: name, position: events.findLast(({ stream }) => categories.includes(streamCategory(stream)))?.position ?? null }))
  await expect.poll(async () => (await sql`select projection, position from projector.progress where active order by projection`.execute(database.db)).rows, { timeout: 30_000, interval: 50 })
    .toEqual(newest.toSorted((a, b) => (a.projection < b.projection ? -1 : 1)))
}
const rows = () => Promise.all(projections.map((projection) => dump(database.db, projection)))
/** What is shown once nothing is left of another story. */
const shown = async () => {
  await applied()
  const streams = (await eventsIn(store)).map(({ stream }) => stream)
  const strange = () => sql`select distinct stream from history where stream <> all (${streams}::text[])`.execute(database.db).then(({ rows }) => rows)
  await expect.poll(strange, { timeout: 30_000 }).toEqual([])
  return await rows()
}
const builtAnew = async () => {
  await projector?.close()
  projector = undefined
  for (const { name, version } of projections) await sql`drop schema ${sql.id(`${name}_v${version}`)} cascade`.execute(database.db)
  for (const projection of projections) await catchUp({ store, postgres: database.postgres, projection })
  return await rows()
}

type Backup = { /** Brings the stream back as it was. */ restore(): Promise<void> }
const WAYS: readonly (readonly [string, () => Promise<Backup>])[] = [
  // makes a new identity
  ['a snapshot', async () => {
    const copy = await copyStream(connection, STREAM.events)
    return { restore: () => restoreStream(connection, STREAM.events, copy) }
  }],
  // nothing of which the broker or the stream knows
  ['a copy of the folder', async () => {
    const [folder, copy] = [join(nats.folder, 'js'), join(nats.folder, 'copy')]
    await nats.kill()
    cpSync(folder, copy, { recursive: true })
    await restarted()
    const identity = await store.identity()
    return {
      restore: async () => {
        await nats.kill()
        rmSync(folder, { recursive: true })
        cpSync(copy, folder, { recursive: true })
        await restarted()
        expect(await store.identity()).toBe(identity)
      },
    }
  }],
]
const restarted = async (): Promise<void> => {
  await nats.restart()
  await expect.poll(() => store.head().then(() => true, () => false), { timeout: 30_000 }).toBe(true)
}

describe.each(WAYS)('a stream restored from %s', (_, backup) => {
  const goOnPast = async (position: string | null): Promise<void> => {
    for (let seed = 3; Number(await store.head()) <= Number(position) + 20; seed += 1) await live(seed)
  }

  test('under a running projector: what is not in it any more is not in the read models', async () => {
    await live(1)
    const { restore } = await backup()
    await live(2)
    await start()
    await applied()
    await restore()
    expect(await shown()).toEqual(await builtAnew())
  })

  test('before the projector starts, going on past the checkpoint with other events', async () => {
    await live(1)
    const { restore } = await backup()
    await live(2)
    await start()
    await applied()
    await projector?.close()
    const before = await store.head()
    await restore()
    await goOnPast(before)
    await start()
    expect(await shown()).toEqual(await builtAnew())
  })

  test('under a running projector, going on past the checkpoint at once', async () => {
    await live(1)
    const { restore } = await backup()
    await live(2)
    await start()
    await applied()
    const before = await store.head()
    await restore()
    await goOnPast(before)
    expect(await shown()).toEqual(await builtAnew())
  })
})
