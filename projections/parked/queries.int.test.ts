import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryEventStore } from '../../infra/event-store/memory.ts'
import { catchUp } from '../../infra/projector/session.ts'
import { plansOf, startDatabase, type TestDatabase } from '../../infra/projector/testing.ts'
import type { PageRequest } from '../page.ts'
import type { ReadModels } from '../read-model.ts'
import { parked } from './project.ts'
import { listLetters, type LetterFilter, type LetterSummary } from './queries.ts'

const ROWS = 12_000

let database: TestDatabase
let all: readonly LetterSummary[]

// a bad year: most were redriven, a few are parked, three given up at the same moment each
beforeAll(async () => {
  database = await startDatabase()
  await catchUp({ store: memoryEventStore(), postgres: database.postgres, projection: parked })
  await sql`
    insert into parked_v1.parked_letters (id, group_name, stream, subject, sequence, event_id, event_type, deployment_id, state, reason, attempts, parked_at, changed_at, search, revision, position)
    select 'l' || i, 'function-' || (i % 40), 'EVENTS', 'events.deployment.d' || (i % 3000), i, 'e' || i, 'Type' || (i % 30), case when i % 5 > 0 then 'd' || (i % 3000) end,
      case when i % 50 = 1 then 'parked' when i % 50 = 2 then 'redriving' when i % 10 = 3 then 'discarded' else 'redriven' end,
      'Reason ' || md5(i::text), 8, timestamptz '2026-01-01' + (i / 3) * interval '1 second', timestamptz '2026-02-01', 'events.deployment.d' || (i % 3000) || ' e' || i || ' reason 100% ' || md5(i::text), 0, i
    from generate_series(1, ${sql.lit(ROWS)}) as i`.execute(database.db)
  await sql`analyze`.execute(database.db)
  all = await readThrough({}, 200)
})
afterAll(() => database.stop())

const readThrough = async (filter: LetterFilter, limit: number): Promise<readonly LetterSummary[]> => {
  const items: LetterSummary[] = []
  for (let request: PageRequest = { limit }; ;) {
    const page = await listLetters(database.db, filter, request)
    items.push(...page.items)
    if (page.next === null) return items
    request = { limit, cursor: page.next }
  }
}
const ids = (items: readonly LetterSummary[]) => items.map(({ id }) => id)

describe('a list', () => {
  test('holds every letter, those parked last first', () => {
    expect(all).toHaveLength(ROWS)
    expect(all.map(({ parkedAt }) => parkedAt)).toEqual(all.map(({ parkedAt }) => parkedAt).toSorted().toReversed())
    expect(all.at(-1)).toMatchObject({ id: 'l1', state: 'parked', group: 'function-1', sequence: 1, eventType: 'Type1', deploymentId: 'd1', parkedAt: '2026-01-01T00:00:00.000Z' })
  })

  test.each<[string, LetterFilter, (one: LetterSummary) => boolean]>([
    ['of a state', { state: 'parked' }, ({ state }) => state === 'parked'],
    ['of a group', { group: 'function-7' }, ({ group }) => group === 'function-7'],
    ['of a type', { eventType: 'Type3' }, ({ eventType }) => eventType === 'Type3'],
    ['of a deployment', { deploymentId: 'd77' }, ({ deploymentId }) => deploymentId === 'd77'],
    ['of a type in a state', { eventType: 'Type11', state: 'parked' }, ({ eventType, state }) => eventType === 'Type11' && state === 'parked'],
    ['of a part of the subject, in capitals too', { search: 'DEPLOYMENT.D29' }, ({ subject }) => subject.includes('deployment.d29')],
    ['of a part of the reason', { search: 'abcd' }, ({ reason }) => reason.includes('abcd')],
    ['of everything', { search: '' }, () => true],
    ['of what means something to LIKE', { search: 'reason 100%' }, () => true],
  ])('%s is that part of the whole list, whatever the page size', async (_, filter, holds) => {
    const expected = ids(all.filter(holds))
    expect(expected.length).toBeGreaterThan(0)
    expect(ids(await readThrough(filter, 200))).toEqual(expected)
    expect((await listLetters(database.db, filter, { limit: 7 })).items.map(({ id }) => id)).toEqual(expected.slice(0, 7))
  })

  test('takes the text as it is', async () => {
    for (const search of ['reason 1__%', String.raw`reason 100\%`]) expect((await listLetters(database.db, { search })).items).toEqual([])
  })

  test.each([['cursor', {}, { cursor: 'garbage' }], ['cursor', {}, { cursor: Buffer.from('["now()","l1"]').toString('base64url') }], ['limit', {}, { limit: 201 }], ['search', { search: 'ab' }, {}], ['search', { search: 'x'.repeat(201) }, {}], ['search', { search: 'a\0b' }, {}]])(
    'is refused for a wrong %s: %j %j', async (field, filter, page) => {
      await expect(listLetters(database.db, filter, page)).rejects.toMatchObject({ code: 'INVALID_FIELD', field })
    })
})

describe('with many letters no query reads the whole table', () => {
  const cursor = Buffer.from('["2026-01-01T00:30:00.000Z","l5000"]').toString('base64url')
  test.each<[string, (db: ReadModels) => Promise<unknown>, RegExp]>([
    ['list', (db) => listLetters(db), /Index Scan using parked_letters_parked_at_id_idx/],
    ['next page', (db) => listLetters(db, {}, { cursor }), /Index Scan using parked_letters_parked_at_id_idx/],
    ['of a state', (db) => listLetters(db, { state: 'parked' }), /parked_letters_state_parked_at_id_idx/],
    ['next page of a state', (db) => listLetters(db, { state: 'discarded' }, { cursor }), /parked_letters_state_parked_at_id_idx/],
    ['of a group in a state', (db) => listLetters(db, { group: 'function-1', state: 'parked' }), /parked_letters_group_name_state_parked_at_id_idx/],
    ['of a type in a state', (db) => listLetters(db, { eventType: 'Type1', state: 'parked' }, { cursor }), /parked_letters_event_type_state_parked_at_id_idx/],
    ['of a group', (db) => listLetters(db, { group: 'function-1' }), /Index Scan|Bitmap Index Scan/],
    ['of a deployment', (db) => listLetters(db, { deploymentId: 'd77' }), /parked_letters_deployment_id_parked_at_id_idx/],
    ['search', (db) => listLetters(db, { search: 'abcdef' }), /parked_letters_search_idx/],
    ['next page of a search', (db) => listLetters(db, { search: 'abcdef', state: 'redriven' }, { cursor }), /parked_letters_search_idx/],
  ])('%s', async (_, query, index) => {
    const [plan] = await plansOf(database.db, query)
    expect(plan?.join('\n')).toMatch(index)
    expect(plan?.join('\n')).not.toContain('Seq Scan')
  })
})
