import { describe, expect, test } from 'vitest'
import { park, parkAgain, redriven } from '../../events/parked/decide.ts'
import type { Letter } from '../../events/parked/state.ts'
import { about, place } from '../../events/testing/letters.ts'
import { lettersOf } from '../../infra/aggregates/letters.ts'
import { caused } from '../../infra/aggregates/append.ts'
import { testPlatform } from '../../infra/platform/testing.ts'
import { METADATA } from '../../infra/platform/testing/given.ts'
import { callerOf } from '../testing/api.ts'
import { parkedApi } from './handler.ts'

type Answered = {
  readonly state: string; readonly note: string | null; readonly redrives: number; readonly reason: string; readonly code: string; readonly detail: string; readonly field: string
  readonly payload: unknown; readonly history: readonly object[]
}

/** The API on a platform in memory with one letter, `l`; what the dispatcher does is told to it by `end`. */
const withLetter = async () => {
  const platform = testPlatform()
  const at = platform.clock().toISOString()
  await platform.store.append('parked.l', caused(park({ ...about, ...place, reason: '503 NO_SLOT_FREE', attempts: 8, at }, null), 'l', METADATA), 'none')
  const letters = lettersOf(platform.store)
  let ends = 0
  return {
    platform,
    api: callerOf<Answered>(parkedApi(async () => platform)),
    end: (how: 'taken' | 'refused') =>
      letters.change('l', (letter: Letter) => (how === 'taken' ? redriven({ at, attempts: 1 }, letter) : parkAgain({ at, attempts: 1, reason: '422 no' }, letter)), `${how} ${(ends += 1)}`, METADATA),
    told: async () => (await letters.load('l')).events.map(({ type }) => type),
  }
}

describe('a letter', () => {
  test('is shown with its payload and its history', async () => {
    const { api, platform } = await withLetter()
    platform.payloads.kept.set('l', { subject: 'events.deployment.d', sequence: 7, at: '2026-01-01T00:00:00Z', data: Buffer.from('{"deploymentId":"d"}'), header: () => undefined })
    await api('POST', '/l/redrive', { reason: 'the node is back' })
    const { status, json, headers } = await api('GET', '/l')
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(json).toMatchObject({
      id: 'l', state: 'redriving', group: 'provision', eventType: 'ClaimRequested', deploymentId: 'd', reason: '503 NO_SLOT_FREE', note: 'the node is back', redrives: 1,
      payload: { encoding: 'json', data: { deploymentId: 'd' } },
      history: [{ revision: 0, type: 'EventParked', reason: '503 NO_SLOT_FREE', attempts: 8 }, { revision: 1, type: 'RedriveRequested', actor: 'operator', reason: 'the node is back' }],
    })
  })

  test.each([['GET', '/nobody'], ['POST', '/nobody/redrive'], ['POST', '/nobody/discard'], ['GET', '/*'], ['GET', '/%3E']])('that is none is not found: %s %s', async (method, path) => {
    const { status, json } = await (await withLetter()).api(method, path)
    expect([status, json.code]).toEqual([404, 'LETTER_NOT_FOUND'])
  })
})

describe('a redrive', () => {
  test('is asked for: 202, and done a moment later', async () => {
    const { api, end, told } = await withLetter()
    const { status, json } = await api('POST', '/l/redrive')
    expect([status, json.state, json.note]).toEqual([202, 'redriving', null])
    await end('refused')
    expect((await api('GET', '/l')).json).toMatchObject({ state: 'parked', reason: '422 no', redrives: 1 })
    await api('POST', '/l/redrive')
    await end('taken')
    expect(await told()).toEqual(['EventParked', 'RedriveRequested', 'EventParked', 'RedriveRequested', 'EventRedriven'])
  })

  test('asked for twice is one', async () => {
    const { api, told } = await withLetter()
    const answers = await Promise.all([api('POST', '/l/redrive'), api('POST', '/l/redrive'), api('POST', '/l/redrive')])
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
    expect(await told()).toEqual(['EventParked', 'RedriveRequested'])
  })

  test('with a key is one, also after it has come to its end; the key holds for nothing else', async () => {
    const { api, end, told } = await withLetter()
    const key = { 'idempotency-key': 'k1' }
    await api('POST', '/l/redrive', { reason: 'x' }, key)
    await end('refused')
    expect((await api('POST', '/l/redrive', { reason: 'x' }, key)).json.state).toBe('parked')
    for (const [path, body] of [['/l/redrive', { reason: 'y' }], ['/l/discard', { reason: 'x' }]] as const) {
      const { status, json } = await api('POST', path, body, key)
      expect([status, json.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    }
    expect(await told()).toEqual(['EventParked', 'RedriveRequested', 'EventParked'])
  })

  test('of what was delivered is refused, with what would be right', async () => {
    const { api, end } = await withLetter()
    await api('POST', '/l/redrive')
    await end('taken')
    const { status, json } = await api('POST', '/l/redrive')
    expect([status, json.code, json.detail]).toEqual([409, 'LETTER_STATE', 'Dead letter l is redriven; redrive is possible only when it is parked or discarded: it was delivered, and nothing is left to do.'])
  })
})

describe('discarding', () => {
  test('is done at once, and can be taken back by a redrive', async () => {
    const { api, told } = await withLetter()
    expect((await api('POST', '/l/discard', { reason: 'of a test' })).json).toMatchObject({ state: 'discarded', note: 'of a test' })
    expect((await api('POST', '/l/discard')).json).toMatchObject({ state: 'discarded', note: 'of a test' })
    expect((await api('POST', '/l/redrive')).json.state).toBe('redriving')
    expect(await told()).toEqual(['EventParked', 'EventDiscarded', 'RedriveRequested'])
  })

  test('of what is on its way is refused', async () => {
    const { api } = await withLetter()
    await api('POST', '/l/redrive')
    const { status, json } = await api('POST', '/l/discard')
    expect([status, json.code, json.detail]).toEqual([409, 'LETTER_STATE', expect.stringContaining('wait until it is redriven, or parked again')])
  })
})

describe('what is sent', () => {
  test.each([
    ['GET', '/?state=lost', undefined, 'INVALID_FIELD', 'state'], ['GET', '/?limit=0', undefined, 'INVALID_FIELD', 'limit'], ['GET', '/?cursor=garbage', undefined, 'INVALID_FIELD', 'cursor'],
    ['GET', '/?type=x', undefined, 'UNKNOWN_FIELD', 'type'], ['GET', '/?group=a%00', undefined, 'INVALID_FIELD', 'group'], ['GET', '/?search=ab', undefined, 'INVALID_FIELD', 'search'], ['GET', '/l?verbose=1', undefined, 'UNKNOWN_FIELD', 'verbose'],
    ['POST', '/l/redrive', { reason: '' }, 'INVALID_FIELD', 'reason'], ['POST', '/l/redrive', { reason: 'a\0b' }, 'INVALID_FIELD', 'reason'], ['POST', '/l/redrive', { reason: 'a\ud800b' }, 'INVALID_FIELD', 'reason'], ['POST', '/l/discard', { why: 'x' }, 'UNKNOWN_FIELD', 'why'],
    ['POST', '/redrive', { filter: { state: 'redriven' } }, 'INVALID_FIELD', 'filter.state'], ['POST', '/discard', { filter: { state: 'discarded' } }, 'INVALID_FIELD', 'filter.state'],
    ['POST', '/redrive', { filter: { type: 'x' } }, 'UNKNOWN_FIELD', 'filter.type'], ['POST', '/redrive', { limit: 1_001 }, 'INVALID_FIELD', 'limit'], ['POST', '/discard', { cursor: 'garbage' }, 'INVALID_FIELD', 'cursor'],
  ] as const)('%s %s %j is refused, and changes nothing', async (method, path, body, code, field) => {
    const { api, told } = await withLetter()
    const { status, json } = await api(method, path, body)
    expect([status, json.code, json.field]).toEqual([400, code, field])
    expect(await told()).toEqual(['EventParked'])
  })

  test.each([['GET', '/'], ['GET', '/l'], ['POST', '/redrive'], ['POST', '/discard'], ['POST', '/l/redrive'], ['POST', '/l/discard']])('%s %s needs the operator\'s token', async (method, path) => {
    const { api, told } = await withLetter()
    const { status, json } = await api(method, path, undefined, { authorization: 'Bearer wrong' })
    expect([status, json.code, await told()]).toEqual([401, 'UNAUTHENTICATED', ['EventParked']])
  })
})
