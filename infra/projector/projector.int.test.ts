import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { memoryEventStore } from '../event-store/memory.ts'
import type { EventStore, ReadAllOptions } from '../event-store/port.ts'
import { logger } from '../log.ts'
import { connectPostgres } from '../postgres/connect.ts'
import { pipeline } from '../postgres/pipeline.ts'
import { apply, wasMoved } from './apply.ts'
import { positionOf } from './checkpoint.ts'
import { projection, schemaOf, table, type Projection } from './projection.ts'
import { startProjector, type Projector, type ProjectorOptions } from './run.ts'
import { catchUp } from './session.ts'
import { startDatabase, type TestDatabase } from './testing.ts'

let database: TestDatabase
let store: EventStore
let running: Projector[] = []
let written = 0

beforeAll(async () => { database = await startDatabase() })
afterAll(() => database.stop())
beforeEach(() => { store = memoryEventStore() })
afterEach(async () => {
  await Promise.all(running.map((projector) => projector.close()))
  running = []
  await sql`drop schema if exists tally_v1, tally_v2 cascade`.execute(database.db)
  await sql`delete from projector.checkpoint`.execute(database.db)
})

type TallyTables = { readonly tally: { readonly name: string; readonly count: number } }

/** Counts the reservations of each name by `step`: whatever is applied twice shows. */
const tallyOf = (version = 1, { step = 1, refuse = () => false }: { readonly step?: number; readonly refuse?: (name: string) => boolean } = {}): Projection =>
  projection<TallyTables>('tally', version, {
    NameReserved: ({ data: { name } }, db) => {
      if (refuse(name)) throw new Error(`cannot count ${name}`)
      return db.insertInto('tally').values({ name, count: step }).onConflict((again) => again.column('name').doUpdateSet({ count: sql`tally.count + ${step}::integer` }))
    },
  }, { tally: table(`name text primary key, count integer not null, constraint allowed check (name <> 'forbidden')`) })

/** Reserves names, in the given order; the same name again counts once more. */
const reserve = async (names: readonly string[], into = store): Promise<void> => {
  for (const name of names) {
    written += 1
    const data = { name, deploymentId: 'd', at: '2026-01-01T00:00:00.000Z' }
    await into.append(`name.${name}`, [{ type: 'NameReserved', data, id: `event-${written}`, metadata: { correlationId: 'c', actor: 'a' } }], 'any')
  }
}
const many = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `n${index % 40}`)

const tallies = async (): Promise<Record<string, number>> =>
  Object.fromEntries((await database.db.withTables<TallyTables>().selectFrom('tally').selectAll().execute()).map(({ name, count }) => [name, count]))
const counted = (names: readonly string[], step = 1): Record<string, number> =>
  names.reduce<Record<string, number>>((all, name) => ({ ...all, [name]: (all[name] ?? 0) + step }), {})

const start = (options: Partial<ProjectorOptions> = {}): Projector => {
  const projector = startProjector({ store, postgres: database.postgres, projections: [tallyOf()], log: logger('test', 'silent'), maxBackoffMs: 200, ...options })
  running.push(projector)
  return projector
}
const until = async (holds: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  for (const end = Date.now() + 20_000; !(await holds()); await sleep(5)) if (Date.now() > end) throw new Error(`not within 20 s: ${what}`)
}
const reached = (projector: Projector, position: string | null) => until(() => projector.status().every((one) => one.state === 'live' && one.position === position), `position ${position}`)

describe('a projector', () => {
  test('catches up and goes on with new events as they come', async () => {
    await reserve(many(300))
    const projector = start()
    await projector.ready
    await reached(projector, await store.head())
    await reserve(['late', 'late'])
    await reached(projector, await store.head())
    expect(await tallies()).toEqual(counted([...many(300), 'late', 'late']))
  })

  test('applies each event once when two run at once, and goes on when one ends', async () => {
    const other = connectPostgres({ DATABASE_URL: database.server.url }, logger('test', 'silent'))
    await reserve(many(2_000))
    const [first, second] = [start({ batchSize: 7 }), start({ batchSize: 11, postgres: other })]
    const writing = reserve(many(500))
    await Promise.all([first.ready, second.ready, writing])
    await reached(first, await store.head())
    await reached(second, await store.head())
    expect(await tallies()).toEqual(counted([...many(2_000), ...many(500)]))
    await first.close()
    await reserve(['after'])
    await reached(second, await store.head())
    expect(await tallies()).toMatchObject({ after: 1 })
    await second.close()
    await other.close()
  })

  test('that was deposed changes nothing', async () => {
    await reserve(many(20))
    const identity = await store.identity()
    await catchUp({ store, postgres: database.postgres, projection: tallyOf() })
    const client = await database.postgres.dedicated(schemaOf(tallyOf()))
    const [event] = await store.read('name.n1')
    const deposed = pipeline(client)
    const late = apply(deposed, tallyOf(), identity, '3', event ? [event] : [])
    expect(await late.catch(wasMoved)).toBe(true)
    const elsewhere = apply(deposed, tallyOf(), 'another store', await store.head(), event ? [event] : [])
    expect(await elsewhere.catch(wasMoved)).toBe(true)
    await client.end()
    expect(await tallies()).toEqual(counted(many(20)))
    expect(await positionOf(database.db, tallyOf(), identity)).toEqual({ position: await store.head() })
  })

  test('that ends between two batches is followed by one that goes on there', async () => {
    await reserve(many(200))
    const crash = new AbortController()
    let batches = 0
    const first = catchUp({ store, postgres: database.postgres, projection: tallyOf(), batchSize: 10, signal: crash.signal, on: { applied: () => { if ((batches += 1) === 3) crash.abort() } } })
    await expect(first).rejects.toThrow()
    const { position } = await positionOf(database.db, tallyOf(), await store.identity()) ?? {}
    expect(Number(position)).toBeGreaterThan(0)
    expect(Number(position)).toBeLessThan(200)
    await catchUp({ store, postgres: database.postgres, projection: tallyOf() })
    expect(await tallies()).toEqual(counted(many(200)))
  })

  test('survives kill -9 of PostgreSQL, at rest and in the middle', async () => {
    const projector = start({ batchSize: 20 })
    await reserve(many(50))
    await reached(projector, await store.head())
    const writing = (async () => { for (let round = 0; round < 40; round += 1) { await reserve(many(100)); await sleep(5) } })()
    await sleep(60)
    await database.server.restart()
    await writing
    await reached(projector, await store.head())
    expect(await tallies()).toEqual(counted([...many(50), ...Array.from({ length: 40 }, () => many(100)).flat()]))

    await database.server.kill()
    await reserve(['meanwhile'])
    await sleep(300)
    await database.server.restart()
    await reached(projector, await store.head())
    expect(await tallies()).toMatchObject({ meanwhile: 1 })
  })
})

describe('rows of another store', () => {
  test('are thrown away at the start', async () => {
    await reserve(many(30))
    await catchUp({ store, postgres: database.postgres, projection: tallyOf() })
    const other = memoryEventStore()
    await reserve(['x', 'y', 'x'], other)
    await catchUp({ store: other, postgres: database.postgres, projection: tallyOf() })
    expect(await tallies()).toEqual({ x: 2, y: 1 })
  })

  test('are thrown away when the store is exchanged under a running projector', async () => {
    await reserve(many(30))
    const other = memoryEventStore()
    await reserve(['x', 'y', 'x'], other)
    let current = store
    const exchanged: EventStore = { ...store, identity: () => current.identity(), readAll: (options?: ReadAllOptions) => current.readAll(options) }
    const projector = start({ store: exchanged, identityCheckMs: 20 })
    await reached(projector, await store.head())
    current = other
    await reached(projector, await other.head())
    expect(await tallies()).toEqual({ x: 2, y: 1 })
  })

  test('and missing tables are built anew', async () => {
    await reserve(many(30))
    await catchUp({ store, postgres: database.postgres, projection: tallyOf() })
    await sql`drop schema tally_v1 cascade`.execute(database.db)
    await catchUp({ store, postgres: database.postgres, projection: tallyOf() })
    expect(await tallies()).toEqual(counted(many(30)))
  })
})

describe('a new version', () => {
  test('is built beside the old one and takes over when it has caught up', async () => {
    await reserve(many(30))
    await catchUp({ store, postgres: database.postgres, projection: tallyOf(1) })
    const seen: Record<string, number>[] = []
    let asked: Promise<void> | undefined
    const on = { applied: () => { asked ??= tallies().then((rows) => void seen.push(rows)) } }
    await catchUp({ store: { ...store, readAll: slowly(store) }, postgres: database.postgres, projection: tallyOf(2, { step: 10 }), batchSize: 5, on })
    await asked
    expect(seen).toEqual([counted(many(30))])
    expect(await tallies()).toEqual(counted(many(30), 10))
    const { rows } = await sql<{ gone: boolean }>`select to_regclass('tally_v1.tally') is null as gone`.execute(database.db)
    expect(rows).toEqual([{ gone: true }])
  })

  test('makes an older release stand aside', async () => {
    await reserve(many(30))
    const older = start({ projections: [tallyOf(1)] })
    await reached(older, await store.head())
    await catchUp({ store, postgres: database.postgres, projection: tallyOf(2, { step: 10 }) })
    await reserve(['more'])
    await catchUp({ store, postgres: database.postgres, projection: tallyOf(2, { step: 10 }) })
    await until(() => older.status()[0]?.reason?.includes('version 2 is active') ?? false, 'the older one stands aside')
    expect(await tallies()).toEqual({ ...counted(many(30), 10), more: 10 })
  })

  test('has a name and a number that make a schema', () => {
    expect(() => projection('Bad-Name', 1, {}, {})).toThrow('Bad-Name')
    expect(() => projection('fine', 0, {}, {})).toThrow('fine 0')
  })
})

describe('an event that cannot be applied', () => {
  test.each([['the handler refuses', 'poison'], ['the database refuses', 'forbidden']])('stops its projection, when %s, until a release can; what came before is kept', async (_, bad) => {
    const lines: Record<string, unknown>[] = []
    const log = pino({ level: 'error' }, new Writable({ write: (line: Buffer, __, done) => { lines.push(JSON.parse(line.toString())); done() } }))
    await reserve(['a', 'b', bad, 'c'])
    let refusing = true
    const stubborn = tallyOf(1, { refuse: (name) => refusing && name === 'poison' })
    const others = projection<{ readonly witness: { readonly name: string } }>('witness', 1, {
      NameReserved: ({ data: { name } }, db) => db.insertInto('witness').values({ name }),
    }, { witness: table('name text') })
    const projector = start({ projections: [stubborn, others], log })
    await until(() => lines.length >= 3, 'it says so again and again')
    expect(lines[0]).toMatchObject({ level: 50, projection: 'tally', event: { type: 'NameReserved', position: '3', stream: `name.${bad}`, revision: 0 }, err: { type: 'PoisonEvent' } })
    expect(await tallies()).toEqual({ a: 1, b: 1 })
    expect(projector.status()).toMatchObject([{ state: 'failing', position: '2', reason: expect.stringContaining('NameReserved at 3') }, { state: 'live', position: '4' }])

    refusing = false
    await sql`alter table tally_v1.tally drop constraint allowed`.execute(database.db)
    await reached(projector, '4')
    expect(await tallies()).toEqual({ a: 1, b: 1, [bad]: 1, c: 1 })
    await projector.close()
    await sql`drop schema witness_v1 cascade`.execute(database.db)
  })
})

/** Gives each event a moment after the one before, so that several batches are made. */
const slowly = (from: EventStore): EventStore['readAll'] => async function* (options) {
  for await (const event of from.readAll(options)) {
    yield event
    await sleep(2)
  }
}
