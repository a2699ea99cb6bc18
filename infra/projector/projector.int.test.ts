import { randomUUID } from 'node:crypto'
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
import { positionOf, prepare, requestBuild } from './checkpoint.ts'
import { historyOf } from './history.ts'
import type { Poison } from './poison.ts'
import { additions, projection, schemaOf, table, type Projection } from './projection.ts'
import { startProjector, type Projector, type ProjectorOptions } from './run.ts'
import { catchUp } from './session.ts'
import { startDatabase, type TestDatabase } from './testing.ts'

let database: TestDatabase
let store: EventStore
let running: Projector[] = []
let written = 0
let parked: Poison[] = []

beforeAll(async () => { database = await startDatabase() })
afterAll(() => database.stop())
beforeEach(() => { store = memoryEventStore() })
afterEach(async () => {
  await Promise.all(running.map((projector) => projector.close()))
  running = []
  await sql`drop schema if exists tally_v1, tally_v1_1, tally_v2, witness_v1, added_v1 cascade`.execute(database.db)
  await sql`delete from projector.checkpoint`.execute(database.db)
  parked = []
})

/** Characters that mean something to JSON, to SQL or to arrays. */
const ODD = '\'"{}\\,\n\u2028\u{1F310}'

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

/** Keeps what is parked; with a real broker in projectors.int.test.ts. */
const park = async (poison: Poison): Promise<string> => `letter-${parked.push(poison)}`

const start = (options: Partial<ProjectorOptions> = {}): Projector => {
  const projector = startProjector({ store, postgres: database.postgres, projections: [tallyOf()], park, log: logger('test', 'silent'), maxBackoffMs: 200, ...options })
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

  test('applies each event once when several read at once; each batch is of the first that gets to it', async () => {
    await reserve(many(2_000))
    const sizes = [7, 11, 13]
    const batches = sizes.map(() => 0)
    await Promise.all(sizes.map((batchSize, index) => catchUp({
      store, postgres: database.postgres, projection: tallyOf(), batchSize, on: { applied: () => { batches[index] = (batches[index] ?? 0) + 1 } },
    })))
    expect(await tallies()).toEqual(counted(many(2_000)))
    expect(batches.every((count) => count > 0)).toBe(true)
    const { rows } = await sql<{ applied: string }>`select applied from projector.checkpoint`.execute(database.db)
    expect(rows).toEqual([{ applied: '2000' }])
  })

  test('of two one reads and the other stands by, until its turn comes', async () => {
    const other = connectPostgres({ DATABASE_URL: database.server.url }, logger('test', 'silent'))
    await reserve(many(100))
    const first = start()
    await reached(first, await store.head())
    const second = start({ postgres: other })
    await second.ready
    await until(() => second.status()[0]?.state === 'standby', 'the second one stands by')
    await reserve(many(50))
    await reached(first, await store.head())
    expect(second.status()[0]).toMatchObject({ state: 'standby', position: null })
    await first.close()
    await reserve(['after'])
    await reached(second, await store.head())
    expect(await tallies()).toEqual(counted([...many(100), ...many(50), 'after']))
    await second.close()
    await other.close()
  })

  test('that was deposed changes nothing', async () => {
    await reserve(many(20))
    await catchUp({ store, postgres: database.postgres, projection: tallyOf() })
    const checkpoint = await prepare(database.db, tallyOf(), await historyOf(store, tallyOf()), 'shown')
    const made = checkpoint?.made ?? ''
    const client = await database.postgres.dedicated(schemaOf(tallyOf()))
    const [event] = await store.read('name.n1')
    const deposed = pipeline(client)
    const late = apply(deposed, tallyOf(), made, '3', event ? [event] : [])
    expect(await late.catch(wasMoved)).toBe(true)
    const elsewhere = apply(deposed, tallyOf(), randomUUID(), await store.head(), event ? [event] : [])
    expect(await elsewhere.catch(wasMoved)).toBe(true)
    await client.end()
    expect(await tallies()).toEqual(counted(many(20)))
    expect(await positionOf(database.db, made)).toMatchObject({ position: await store.head(), applied: 20 })
  })

  test('that ends between two batches is followed by one that goes on there', async () => {
    await reserve(many(200))
    const crash = new AbortController()
    let batches = 0
    const first = catchUp({ store, postgres: database.postgres, projection: tallyOf(), batchSize: 10, signal: crash.signal, on: { applied: () => { if ((batches += 1) === 3) crash.abort() } } })
    await expect(first).rejects.toThrow()
    const { rows: [checkpoint] } = await sql<{ position: string }>`select position from projector.checkpoint`.execute(database.db)
    expect(Number(checkpoint?.position)).toBeGreaterThan(0)
    expect(Number(checkpoint?.position)).toBeLessThan(200)
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
  const witness = projection<{ readonly witness: { readonly name: string } }>('witness', 1, {
    NameReserved: ({ data: { name } }, db) => db.insertInto('witness').values({ name }),
  }, { witness: table('name text') })
  const heard = () => {
    const lines: Record<string, unknown>[] = []
    return { lines, log: pino({ level: 'error' }, new Writable({ write: (line: Buffer, __, done) => { lines.push(JSON.parse(line.toString())); done() } })) }
  }
  const refusing = (refuse: (name: string) => boolean) => tallyOf(1, { refuse })
  const parkedRows = async () => (await sql<{ position: string; type: string; stream: string }>`select position, type, stream from projector.parked order by position::bigint`.execute(database.db)).rows

  test.each([['the handler refuses', 'poison'], ['the database refuses', 'forbidden']])('is parked and told when %s; its projection and the others go on', async (_, bad) => {
    const { lines, log } = heard()
    await reserve(['a', 'b', bad, 'c'])
    const projector = start({ projections: [refusing((name) => name === 'poison'), witness], log })
    await reached(projector, '4')
    expect(await tallies()).toEqual({ a: 1, b: 1, c: 1 })
    expect(parked).toMatchObject([{ position: '3', event: { type: 'NameReserved' }, reason: expect.stringContaining('NameReserved at 3') }])
    expect(await parkedRows()).toEqual([{ position: '3', type: 'NameReserved', stream: `name.${bad}` }])
    expect(lines).toMatchObject([{ level: 50, projection: 'tally', event: { type: 'NameReserved', position: '3', stream: `name.${bad}`, revision: 0 }, err: { type: 'PoisonEvent' } }])
    const { rows } = await sql`select projection, parked, done from projector.progress order by 1`.execute(database.db)
    expect(rows).toEqual([{ projection: 'tally', parked: '1', done: '4' }, { projection: 'witness', parked: '0', done: '4' }])
  })

  test('is found among rows that were written together; what a row may hold comes through', async () => {
    type Added = { readonly name: string; readonly seq: string; readonly half: number | null; readonly at: Date; readonly data: unknown }
    const add = additions<Added>('added', { name: 'text', seq: 'bigint', half: 'double precision', at: 'timestamptz', data: 'jsonb' })
    const added = projection<{ readonly added: Added }>('added', 1, {
      NameReserved: ({ data: { name, at }, position }) => {
        if (name === 'poison') throw new Error('cannot add it')
        const half = name === 'none' ? null : Number(position) / 2
        return [add({ name: `${name}${ODD}`, seq: position, half, at, data: name === 'none' ? null : { [name]: [ODD, null, 0.1] } }), add({ name: `${name}${ODD}`, seq: position, half, at, data: undefined })]
      },
    }, { added: table(`name text not null check (name not like 'forbidden%'), seq bigint not null, half double precision, at timestamptz not null, data jsonb`) })
    await reserve(['a', 'none', 'forbidden', 'b', 'poison', 'c', 'forbidden'])
    await catchUp({ store, postgres: database.postgres, projection: added, park })
    const { rows } = await sql<Added>`select * from added order by seq, data`.execute(database.db)
    const at = new Date('2026-01-01T00:00:00.000Z')
    const row = (name: string, seq: number) => {
      const half = name === 'none' ? null : seq / 2
      return [{ name: `${name}${ODD}`, seq: String(seq), half, at, data: name === 'none' ? null : { [name]: [ODD, null, 0.1] } }, { name: `${name}${ODD}`, seq: String(seq), half, at, data: null }]
    }
    expect(rows).toEqual([...row('a', 1), ...row('none', 2), ...row('b', 4), ...row('c', 6)])
    expect(parked.map(({ position }) => position)).toEqual(['3', '5', '7'])
  })

  test('is parked wherever it stands among others, and each once', async () => {
    const names = Array.from({ length: 300 }, (_, index) => (index % 20 === 7 ? 'poison' : index % 20 === 13 ? 'forbidden' : `n${index % 5}`))
    await reserve(names)
    await catchUp({ store, postgres: database.postgres, projection: refusing((name) => name === 'poison'), park, batchSize: 64 })
    expect(await tallies()).toEqual(counted(names.filter((name) => name.startsWith('n'))))
    expect(parked).toHaveLength(30)
    expect(await parkedRows()).toHaveLength(30)
  })

  test('is not passed over when it cannot be parked', async () => {
    await reserve(['a', 'poison', 'b'])
    let away = true
    const projector = start({ projections: [refusing((name) => name === 'poison')], park: async (poison) => { if (away) throw new Error('the broker is away'); return await park(poison) } })
    await until(() => projector.status()[0]?.reason?.includes('the broker is away') ?? false, 'it says why it stands')
    expect(await tallies()).toEqual({ a: 1 })
    away = false
    await reached(projector, '3')
    expect(await tallies()).toEqual({ a: 1, b: 1 })
    expect(parked).toHaveLength(1)
  })

  test('stops its projection when too many cannot: that is a fault of the release, and its history is not parked', async () => {
    const { lines, log } = heard()
    await reserve(Array.from({ length: 60 }, (_, index) => `n${index}`))
    let broken = true
    const projector = start({ projections: [refusing((name) => broken && Number(name.slice(1)) >= 10), witness], log })
    await until(() => projector.status()[0]?.reason?.includes('could not apply 20 of its last 100 events') ?? false, 'it stands')
    await until(() => lines.some(({ err }) => (err as { type?: string }).type === 'TooManyPoisons'), 'it is said')
    expect(await parkedRows()).toHaveLength(20)
    await until(() => projector.status()[1]?.position === '60', 'the others go on')

    broken = false
    await reached(projector, '60')
    expect(Object.keys(await tallies())).toHaveLength(40)
  })

  test('is tried again, and never parked, when the trouble is the database\'s', async () => {
    await reserve(['a', 'b', 'c'])
    await catchUp({ store, postgres: database.postgres, projection: tallyOf() })
    await sql`
      create function tally_v1.trouble() returns trigger language plpgsql as $$ begin raise exception 'no room' using errcode = '53100'; end $$`.execute(database.db)
    await sql`create trigger trouble before insert on tally_v1.tally execute function tally_v1.trouble()`.execute(database.db)
    const projector = start()
    await reserve(['d'])
    await until(() => projector.status()[0]?.reason?.includes('no room') ?? false, 'it says why it stands')
    await sql`drop trigger trouble on tally_v1.tally`.execute(database.db)
    await reached(projector, '4')
    expect(parked).toEqual([])
    expect(await tallies()).toEqual({ a: 1, b: 1, c: 1, d: 1 })
  })

  test('is applied by a build that can, and then no build lacks it', async () => {
    await reserve(['a', 'poison', 'b'])
    await catchUp({ store, postgres: database.postgres, projection: refusing((name) => name === 'poison'), park })
    expect(await parkedRows()).toHaveLength(1)
    await requestBuild(database.db, tallyOf())
    await catchUp({ store, postgres: database.postgres, projection: tallyOf(), which: 'next', park })
    expect(await tallies()).toEqual({ a: 1, poison: 1, b: 1 })
    expect(await parkedRows()).toEqual([])
  })
})

describe('a build that is asked for', () => {
  test('is made beside the one that is shown, which goes on meanwhile, and takes its place', async () => {
    await reserve(many(500))
    let building = false
    const projector = start({ store: { ...store, readAll: slowly(store, () => ({ afterMs: building ? 5 : 0 })) }, batchSize: 10 })
    await reached(projector, await store.head())
    await sql`update tally_v1.tally set count = 1000`.execute(database.db)
    building = true
    expect(await requestBuild(database.db, tallyOf())).toMatchObject({ build: 1 })
    expect(await requestBuild(database.db, tallyOf())).toMatchObject({ build: 1 })
    await until(async () => (await builds()).some(({ build, done }) => build === 1 && Number(done) > 0), 'it is being built')
    building = false
    await reserve(['meanwhile'])
    expect((await tallies())['n1']).toBe(1000)
    await until(async () => (await builds()).every(({ build, active }) => build === 1 && active), 'it is shown')
    expect(await tallies()).toEqual(counted([...many(500), 'meanwhile']))
    await reserve(['after'])
    await until(async () => (await tallies())['after'] === 1, 'it goes on')
    const { rows } = await sql`select to_regclass('tally_v1.tally') is null as gone`.execute(database.db)
    expect(rows).toEqual([{ gone: true }])
  })

  test('says how far it is', async () => {
    await reserve(many(300))
    await catchUp({ store, postgres: database.postgres, projection: tallyOf() })
    const { rows } = await sql`select projection, version, build, active, done, total, rate, seconds_left, caught_up_at is not null as caught_up from projector.progress`.execute(database.db)
    expect(rows).toEqual([{ projection: 'tally', version: 1, build: 0, active: true, done: '300', total: '300', rate: null, seconds_left: null, caught_up: true }])
  })
})

const builds = async () => (await sql<{ build: number; active: boolean; done: string }>`select build, active, done from projector.progress`.execute(database.db)).rows

/** Gives each event a moment after the one before, so that several batches are made. */
const slowly = (from: EventStore, pace = () => ({ afterMs: 2 })): EventStore['readAll'] => async function* (options) {
  for await (const event of from.readAll(options)) {
    yield event
    const { afterMs } = pace()
    if (afterMs > 0) await sleep(afterMs)
  }
}
