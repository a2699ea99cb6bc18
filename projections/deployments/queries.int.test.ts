import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryEventStore } from '../../infra/event-store/memory.ts'
import { logger } from '../../infra/log.ts'
import { connectPostgres } from '../../infra/postgres/connect.ts'
import { catchUp } from '../../infra/projector/session.ts'
import { plansOf, startDatabase, type TestDatabase } from '../../infra/projector/testing.ts'
import { freePort } from '../../infra/testing/servers.ts'
import type { PageRequest } from '../page.ts'
import type { ReadModels } from '../read-model.ts'
import { deployments } from './project.ts'
import type { DeploymentTables } from './table.ts'
import { getDeployment, listDeployments, unsettledDeployments, type DeploymentFilter, type DeploymentSummary } from './queries.ts'

const ROWS = 12_000

let database: TestDatabase
let all: readonly DeploymentSummary[]

// as many as a playground of some size has: most asleep, a few owners with many, three made at the same moment each
beforeAll(async () => {
  database = await startDatabase()
  await catchUp({ store: memoryEventStore(), postgres: database.postgres, projection: deployments })
  await sql`
    insert into deployments_v2.deployments (id, name, owner, status, wanted, plan, settings, claim_id, created_at, changed_at, revision, position)
    select 'd' || i, substr(md5(i::text), 1, 11), 'owner-' || (i % 300),
      case when i % 10 = 0 then 'deleted' when i % 50 = 1 then 'running' when i % 50 = 2 then 'stopped' when i % 50 = 3 then 'failed' else 'hibernated' end,
      case when i % 10 = 0 then 'deleted' when i % 50 = 2 then 'stopped' else 'running' end,
      'small', '{}', 'd' || i || '-1', timestamptz '2026-01-01' + (i / 3) * interval '1 second', timestamptz '2026-02-01', 1, i
    from generate_series(1, ${sql.lit(ROWS)}) as i`.execute(database.db)
  await sql`insert into deployments_v2.deployment_names select id, name from deployments_v2.deployments`.execute(database.db)
  await sql`analyze`.execute(database.db)
  all = await readThrough({}, 200)
})
afterAll(() => database.stop())

const readThrough = async (filter: DeploymentFilter, limit: number): Promise<readonly DeploymentSummary[]> => {
  const items: DeploymentSummary[] = []
  for (let request: PageRequest = { limit }; ;) {
    const page = await listDeployments(database.db, filter, request)
    items.push(...page.items)
    if (page.next === null) return items
    request = { limit, cursor: page.next }
  }
}
const ids = (items: readonly DeploymentSummary[]) => items.map(({ id }) => id)

describe('a list', () => {
  test('holds every deployment that is not deleted, newest first', () => {
    expect(all).toHaveLength(ROWS * 0.9)
    expect(all.map(({ createdAt }) => createdAt)).toEqual(all.map(({ createdAt }) => createdAt).toSorted().toReversed())
    expect(all.some(({ status }) => status === 'deleted')).toBe(false)
    expect(all[0]).toEqual({
      id: 'd11999', name: expect.stringMatching(/^[0-9a-f]{11}$/), owner: 'owner-299', status: 'hibernated', wanted: 'running', plan: 'small', settings: {}, reason: null,
      claimId: 'd11999-1', node: null, wakes: 0, requests: 0, createdAt: '2026-01-01T01:06:39.000Z', changedAt: '2026-02-01T00:00:00.000Z', revision: 1,
    })
  })

  test.each<[string, DeploymentFilter, (one: DeploymentSummary) => boolean]>([
    ['of a status', { status: 'failed' }, ({ status }) => status === 'failed'],
    ['of an owner', { owner: 'owner-7' }, ({ owner }) => owner === 'owner-7'],
    ['of what is wanted', { wanted: 'stopped' }, ({ wanted }) => wanted === 'stopped'],
    ['of an owner and a status', { owner: 'owner-1', status: 'running' }, ({ owner, status }) => owner === 'owner-1' && status === 'running'],
    ['of the beginning of a name', { search: 'ab' }, ({ name }) => name.startsWith('ab')],
    ['of a part of a name, in capitals too', { search: 'EE1' }, ({ name }) => name.includes('ee1')],
    ['of everything', { search: '' }, () => true],
  ])('%s is that part of the whole list, whatever the page size', async (_, filter, holds) => {
    const expected = ids(all.filter(holds))
    expect(expected.length).toBeGreaterThan(0)
    expect(ids(await readThrough(filter, 200))).toEqual(expected)
    expect(ids(await readThrough(filter, 37)).slice(0, 500)).toEqual(expected.slice(0, 500))
  })

  test('holds deleted ones when asked for them', async () => {
    const deleted = await readThrough({ status: 'deleted' }, 200)
    expect(deleted).toHaveLength(ROWS / 10)
    expect(deleted.every(({ status }) => status === 'deleted')).toBe(true)
  })

  test.each([
    ['cursor', {}, { cursor: 'garbage' }], ['cursor', {}, { cursor: '' }], ['cursor', {}, { cursor: Buffer.from('["2026-01-01T00:00:00Z"]').toString('base64url') }],
    ['cursor', {}, { cursor: Buffer.from('["now()","d1"]').toString('base64url') }], ['limit', {}, { limit: 0 }], ['limit', {}, { limit: 201 }],
    ['search', { search: 'a%b' }, {}], ['search', { search: 'x'.repeat(64) }, {}],
  ])('is refused for a wrong %s: %j %j', async (field, filter, page) => {
    await expect(listDeployments(database.db, filter, page)).rejects.toMatchObject({ code: 'INVALID_FIELD', field })
  })
})

describe('one deployment', () => {
  test('is found by its id, deleted or not', async () => {
    expect(await getDeployment(database.db, 'd7')).toEqual(all.find(({ id }) => id === 'd7'))
    expect(await getDeployment(database.db, 'd10')).toMatchObject({ id: 'd10', status: 'deleted' })
    expect(await getDeployment(database.db, 'nobody')).toBeNull()
  })
})

describe('with many deployments no query reads the whole table', () => {
  const cursor = Buffer.from('["2026-01-01T00:30:00.000Z","d5000"]').toString('base64url')
  test.each<[string, (db: ReadModels) => Promise<unknown>, RegExp]>([
    ['list', (db) => listDeployments(db), /Index Scan using deployments_created_at_id_idx/],
    ['next page', (db) => listDeployments(db, {}, { cursor }), /Index Scan using deployments_created_at_id_idx/],
    ['of an owner', (db) => listDeployments(db, { owner: 'owner-7' }), /deployments_owner_created_at_id_idx/],
    ['next page of an owner', (db) => listDeployments(db, { owner: 'owner-7' }, { cursor }), /deployments_owner_created_at_id_idx/],
    ['of a status', (db) => listDeployments(db, { status: 'failed' }), /deployments_status_created_at_id_idx/],
    ['next page of a status', (db) => listDeployments(db, { status: 'deleted' }, { cursor }), /deployments_status_created_at_id_idx/],
    ['of what is wanted', (db) => listDeployments(db, { wanted: 'stopped' }), /deployments_wanted_created_at_id_idx/],
    ['search', (db) => listDeployments(db, { search: 'abcd' }), /deployment_names_name_idx /],
    ['next page of a search', (db) => listDeployments(db, { search: 'abc', owner: 'owner-7' }, { cursor }), /deployment_names_name_idx /],
    ['search for a beginning', (db) => listDeployments(db, { search: 'ab' }), /deployment_names_name_idx1/],
    ['get', (db) => getDeployment(db, 'd77'), /deployments_pkey/],
  ])('%s', async (_, query, index) => {
    const [plan] = await plansOf(database.db, query)
    expect(plan?.join('\n')).toMatch(index)
    expect(plan?.join('\n')).not.toContain('Seq Scan')
  })
})

describe('while the read model does not answer', () => {
  test('it says so, without the address of the database', async () => {
    const away = connectPostgres({ DATABASE_URL: `postgres://postgres@127.0.0.1:${await freePort()}/postgres` }, logger('test', 'silent'))
    const error = await listDeployments(away.db).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'READ_MODEL_UNAVAILABLE', status: 503, kind: 'transient', cause: { code: 'ECONNREFUSED' } })
    expect(String(error)).not.toContain('127.0.0.1')
    await away.close()
  })

  test('it says so before the first projector came', async () => {
    await sql`create database empty`.execute(database.db)
    const empty = connectPostgres({ DATABASE_URL: database.server.url.replace(/postgres$/, 'empty') }, logger('test', 'silent'))
    await expect(getDeployment(empty.db, 'd1')).rejects.toMatchObject({ code: 'READ_MODEL_UNAVAILABLE', message: expect.stringContaining('it is being built') })
    await empty.close()
  })
})

test('unsettled are those in between two states, and those on nodes that are named, awake ones first; no more than asked for', async () => {
  const db = database.db.withTables<DeploymentTables>()
  const between = ['starting', 'waking', 'pausing', 'hibernating', 'stopping', 'deleting'] as const
  await Promise.all(between.map((status, index) => db.updateTable('deployments').set({ status, node: 'node-1' }).where('id', '=', `d${index + 4}`).execute()))
  await db.updateTable('deployments').set({ status: 'paused', node: 'node-2' }).where('id', 'in', ['d104', 'd105', 'd106']).execute()
  await db.updateTable('deployments').set({ node: 'node-2' }).where('id', 'in', ['d51', 'd101']).execute() // running
  const unsettled = (nodes: readonly string[], limit = 100) => unsettledDeployments(database.db, { nodes, limit })
  expect((await unsettled([])).toSorted()).toEqual(['d4', 'd5', 'd6', 'd7', 'd8', 'd9'])
  const all = await unsettled(['node-2', 'node-3'])
  expect(all.slice(0, 7).toSorted()).toEqual(['d101', 'd4', 'd5', 'd51', 'd6', 'd8', 'd9'])
  expect(all.slice(7).toSorted()).toEqual(['d104', 'd105', 'd106', 'd7'])
  expect(await unsettled(['node-2'], 3)).toHaveLength(3)
})
