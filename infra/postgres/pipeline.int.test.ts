import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startDatabase, type TestDatabase } from '../projector/testing.ts'
import { pipeline, StatementError, type Pipeline } from './pipeline.ts'

let database: TestDatabase
let client: pg.Client
let pipe: Pipeline
beforeAll(async () => { database = await startDatabase() })
afterAll(() => database.stop())
beforeEach(async () => {
  client = await database.postgres.dedicated('public')
  await client.query('create table t (i integer primary key, s text)')
  pipe = pipeline(client)
})
afterEach(async () => {
  await client.query('drop table t')
  await client.end()
})

const insert = (i: number, s: string | null = null) => ({ sql: 'insert into t values ($1, $2)', parameters: [String(i), s] })
const rows = async (): Promise<readonly unknown[]> => (await client.query({ text: 'select i, s from t order by i', rowMode: 'array' })).rows

test('all statements take effect, in their order', async () => {
  await pipe.run([insert(1, 'a'), insert(2), { sql: 'update t set s = s || $1', parameters: ['!'] }, { sql: 'select 1', parameters: [] }])
  await pipe.run([])
  await pipe.run([insert(3, 'ü\n"\'')])
  expect(await rows()).toEqual([[1, 'a!'], [2, null], [3, 'ü\n"\'']])
})

test('one that is refused undoes all, and is told by its place and state; the connection goes on', async () => {
  await pipe.run([insert(1)])
  const error = await pipe.run([insert(2), insert(3), insert(1), insert(4)]).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(StatementError)
  expect(error).toMatchObject({ index: 2, sqlState: '23505', cause: { constraint: 't_pkey' } })
  expect(await pipe.run([{ sql: 'nonsense', parameters: [] }]).catch((thrown: unknown) => thrown)).toMatchObject({ index: 0, sqlState: '42601' })
  await pipe.run([insert(2), insert(3)])
  expect(await rows()).toEqual([[1, null], [2, null], [3, null]])
})

test('more texts than are prepared are fine', async () => {
  const different = Array.from({ length: 450 }, (_, i) => ({ sql: `insert into t values ($1, $2) /* ${i} */`, parameters: [String(i), 'x'] }))
  await pipe.run(different)
  await pipe.run([{ sql: 'delete from t', parameters: [] }, ...different])
  expect(await rows()).toHaveLength(450)
  const { rows: prepared } = await client.query<{ count: string }>('select count(*) from pg_prepared_statements')
  expect(Number(prepared[0]?.count)).toBeLessThanOrEqual(200)
})

test('a connection that is lost in the middle is an error, not a hang', async () => {
  const { rows: [backend] } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const running = pipe.run([insert(1), { sql: 'select pg_sleep($1)', parameters: ['60'] }]).catch((thrown: unknown) => thrown)
  const killer = await database.postgres.dedicated('public')
  await killer.query('select pg_terminate_backend($1)', [backend?.pid])
  expect(await running).toBeInstanceOf(Error)
  await killer.end()
  client = await database.postgres.dedicated('public')
  expect(await rows()).toEqual([])
})
