import { describe, expect, test } from 'vitest'
import { started } from '../../events/node/decide.ts'
import { caused } from '../../infra/aggregates/append.ts'
import { testPlatform } from '../../infra/platform/testing.ts'
import { METADATA } from '../../infra/platform/testing/given.ts'
import { callerOf } from '../testing/api.ts'
import { told } from '../testing/playground.ts'
import { nodesApi } from './handler.ts'

type Answered = { readonly node: string; readonly drain: object | null; readonly code: string }
const AT = '2026-01-01T00:00:00.000Z'

/** The API on a platform in memory: node-1 is heard, node-2 has told that it started and is not. */
const world = async () => {
  const platform = testPlatform({ nodes: ['node-1'] })
  await platform.store.append('node.node-2', caused(started({ node: 'node-2', adopted: 0, maxSlots: 9, at: AT }), 'start', METADATA), 'none')
  return { platform, call: callerOf<Answered>(nodesApi(async () => platform)), types: async () => (await told(platform)).slice(1) }
}
const draining = { state: 'draining', cause: 'operator', requestedAt: AT, since: AT, left: 0 }

describe('a node', () => {
  test.each(['node-1', 'node-2'])('%s is drained and returned, each said twice and done once', async (node) => {
    const { call, types } = await world()
    for (const _ of [1, 2]) {
      const { status, headers, json } = await call('POST', `/${node}/drain`)
      expect([status, headers['content-location'], json]).toEqual([202, `/api/nodes/${node}`, { node, drain: draining }])
    }
    for (const _ of [1, 2]) expect(await call('POST', `/${node}/return`)).toMatchObject({ status: 202, json: { node, drain: null } })
    expect(await types()).toEqual(['NodeDrainRequested', 'NodeReturned'])
  })

  test('that is asked for by the same key once more after it was returned is not drained again', async () => {
    const { call, types } = await world()
    const key = { 'idempotency-key': 'once' }
    await call('POST', '/node-1/drain', undefined, key)
    await call('POST', '/node-1/return')
    expect(await call('POST', '/node-1/drain', undefined, key)).toMatchObject({ status: 202, json: { drain: null } })
    expect(await call('POST', '/node-1/return', undefined, key)).toMatchObject({ status: 422, json: { code: 'IDEMPOTENCY_KEY_REUSED' } })
    expect(await types()).toEqual(['NodeDrainRequested', 'NodeReturned'])
  })
})

test.each([
  ['/node-7/drain', {}, 404, 'NOT_FOUND'], ['/node-7/return', {}, 404, 'NOT_FOUND'], ['/a.b/drain', {}, 404, 'NOT_FOUND'], ['/node-1/empty', {}, 404, 'NOT_FOUND'],
  ['/node-1/drain?force=yes', {}, 400, 'UNKNOWN_FIELD'], ['/node-1/drain', { authorization: 'Bearer nobody' }, 401, 'UNAUTHENTICATED'],
  ['/node-1/drain', { 'idempotency-key': 'ä' }, 400, 'INVALID_FIELD'],
])('POST %s with %j is %d %s, and changes nothing', async (path, headers, status, code) => {
  const { call, types } = await world()
  expect(await call('POST', path, undefined, headers)).toMatchObject({ status, json: { code } })
  expect(await types()).toEqual([])
})
