import { afterAll, beforeAll, expect, test } from 'vitest'
import { caused } from '../../infra/aggregates/append.ts'
import { testPlatform } from '../../infra/platform/testing.ts'
import { METADATA } from '../../infra/platform/testing/given.ts'
import { catchUp } from '../../infra/projector/session.ts'
import { startDatabase, type TestDatabase } from '../../infra/projector/testing.ts'
import { nodes } from '../../projections/nodes/project.ts'
import { callerOf } from '../testing/api.ts'
import { nodesApi } from './handler.ts'

type Shown = { readonly code: string; readonly field?: string; readonly items: readonly { readonly node: string; readonly slots: object; readonly now: object | null }[]; readonly slots: { readonly items: readonly object[] } }
const AT = '2026-01-01T00:00:00.000Z'

let database: TestDatabase
let call: ReturnType<typeof callerOf<Shown>>
beforeAll(async () => {
  database = await startDatabase()
  const platform = { ...testPlatform({ nodes: ['node-1', 'node-9'] }), readModels: database.db }
  for (const node of ['node-1', 'node-2']) {
    await platform.store.append(`node.${node}`, caused([{ type: 'AgentStarted', data: { node, at: AT, adopted: 0, maxSlots: 10 } }], node, METADATA), 'none')
  }
  await platform.store.append('node.node-2', caused([{ type: 'AgentLost', data: { node: 'node-2', at: AT, lastSeenAt: AT } }], 'lost', METADATA), 'exists')
  const instance = {
    claimId: 'd-1', deploymentId: 'd', name: 'demo', epoch: 1, plan: 'small', settings: { pauseAfterSeconds: 1, hibernateAfterSeconds: 1, maxBodyBytes: 1_024 },
    status: 'running', since: AT, node: 'node-1', slot: 'slot-7', address: '127.0.0.1:20001', startedAt: AT, wakes: 0, requests: 0,
  } as const
  await platform.store.append('instance.d-1', caused([{ type: 'InstanceStarted', data: { deploymentId: 'd', claimId: 'd-1', at: AT, reason: 'create', wakeMs: 1, instance } }], 'claim', METADATA), 'none')
  await catchUp({ store: platform.store, postgres: database.postgres, projection: nodes })
  call = callerOf<Shown>(nodesApi(async () => platform))
})
afterAll(() => database.stop())

test('the list has every node, with its slots counted and what its agent says now; one just heard is among them', async () => {
  const { status, json } = await call('GET', '/')
  expect(status).toBe(200)
  const now = { at: AT, free: { small: 4 }, claimed: 0, load: 0, psi: { cpu: 0, memory: 0, io: 0 }, memoryFreeBytes: 2 ** 30 }
  expect(json).toMatchObject({
    next: null,
    items: [
      { node: 'node-1', state: 'live', since: AT, slots: { running: 1 }, now },
      { node: 'node-2', state: 'lost', lastSeenAt: AT, slots: {}, now: null },
      { node: 'node-9', state: 'live', since: null, slots: {}, now },
    ],
  })
  expect((await call('GET', '/?state=lost')).json.items.map(({ node }) => node)).toEqual(['node-2'])
})

test('one node is shown with the slots that are claimed on it', async () => {
  const { json } = await call('GET', '/node-1?state=running')
  expect(json).toMatchObject({ node: 'node-1', maxSlots: 10, now: { claimed: 0 }, slots: { items: [{ claimId: 'd-1', deploymentId: 'd', slot: 'slot-7', state: 'running' }], next: null } })
  expect((await call('GET', '/node-1?state=paused')).json.slots.items).toEqual([])
  expect((await call('GET', '/node-9')).json).toMatchObject({ node: 'node-9', startedAt: null, slots: { items: [] } })
})

test('a node that is drained says so, and how much is left on it', async () => {
  await call('POST', '/node-2/drain')
  const drain = { state: 'draining', cause: 'operator', left: 0 }
  expect((await call('GET', '/')).json.items.map((one) => ('drain' in one ? one.drain : undefined))).toMatchObject([null, drain, null])
  expect((await call('GET', '/node-2')).json).toMatchObject({ drain })
  await call('POST', '/node-2/return')
  expect((await call('GET', '/node-2')).json).toMatchObject({ drain: null })
})

test.each([
  ['/node-5', {}, 404, 'NOT_FOUND'], ['/?state=happy', {}, 400, 'INVALID_FIELD'], ['/?cursor=x', {}, 400, 'INVALID_FIELD'], ['/node-1?limit=0', {}, 400, 'INVALID_FIELD'],
  ['/?colour=red', {}, 400, 'UNKNOWN_FIELD'], ['/', { authorization: 'Bearer nobody' }, 401, 'UNAUTHENTICATED'],
])('GET %s with %j is %d %s', async (path, headers, status, code) => {
  expect(await call('GET', path, undefined, headers)).toMatchObject({ status, json: { code } })
})
