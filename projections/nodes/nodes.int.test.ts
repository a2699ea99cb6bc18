import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../events/envelope.ts'
import type { InstanceEvent } from '../../events/instance/events.ts'
import { evolve, type Node } from '../../events/node/state.ts'
import type { NodeEvent } from '../../events/node/events.ts'
import { memoryEventStore } from '../../infra/event-store/memory.ts'
import type { EventStore } from '../../infra/event-store/port.ts'
import { catchUp } from '../../infra/projector/session.ts'
import { plansOf, startDatabase, type TestDatabase } from '../../infra/projector/testing.ts'
import type { PageRequest } from '../page.ts'
import type { ReadModels } from '../read-model.ts'
import { eventsIn, happen, histories } from '../testing/histories.ts'
import { nodes } from './project.ts'
import { countSlots, getNode, listNodes, listSlots, type HeldSlot, type SlotFilter } from './queries.ts'

let database: TestDatabase
beforeAll(async () => { database = await startDatabase() })
afterAll(() => database.stop())

const project = (store: EventStore) => catchUp({ store, postgres: database.postgres, projection: nodes })
let written = 0
const append = (store: EventStore, stream: `${string}.${string}`, event: DomainEvent) =>
  store.append(stream, [{ ...event, id: `e${(written += 1)}`, metadata: { correlationId: 'c', actor: 'agent' } }], 'any')
const at = (index: number): string => new Date(Date.UTC(2026, 0, 1) + index * 1_500).toISOString()

const everySlot = async (filter: SlotFilter, limit: number): Promise<readonly HeldSlot[]> => {
  const items: HeldSlot[] = []
  for (let request: PageRequest = { limit }; ;) {
    const page = await listSlots(database.db, filter, request)
    items.push(...page.items)
    if (page.next === null) return items
    request = { limit, cursor: page.next }
  }
}

/** What the agent of a node tells, in any order. */
const tellings = fc.array(fc.record({ node: fc.constantFrom('node-1', 'node-2', 'node-3'), what: fc.constantFrom('AgentStarted', 'AgentStopped', 'AgentLost', 'SlotLost') }), { maxLength: 30 })
const told = (what: NodeEvent['type'], node: string, index: number): NodeEvent => {
  switch (what) {
    case 'AgentStarted': return { type: what, data: { node, at: at(index), adopted: index, maxSlots: 10 } }
    case 'AgentStopped': return { type: what, data: { node, at: at(index) } }
    case 'AgentLost': return { type: what, data: { node, at: at(index), lastSeenAt: at(index - 1) } }
    case 'SlotLost': return { type: what, data: { node, at: at(index), slot: `s${index}`, plan: 'small', reason: `reason ${index}`, logTail: [] } }
  }
}
const STATE = { started: 'live', stopped: 'stopped', lost: 'lost' } as const

test('after any history a node is what folding its stream says, with the slots it lost', async () => {
  await fc.assert(fc.asyncProperty(tellings, async (all) => {
    const store = memoryEventStore()
    const events = all.map(({ node, what }, index) => told(what, node, index))
    for (const event of events) await append(store, `node.${event.data.node}`, event)
    await project(store)
    for (const name of ['node-1', 'node-2', 'node-3']) {
      const own = events.filter(({ data }) => data.node === name)
      const folded = own.reduce<Node | null>(evolve, null)
      const lost = own.filter((event) => event.type === 'SlotLost')
      expect(await getNode(database.db, name)).toEqual(folded && expect.objectContaining({
        node: name, state: STATE[folded.status], since: folded.since, slotsLost: lost.length, lostSlotReason: lost.at(-1)?.data.reason ?? null, lostSlotAt: lost.at(-1)?.data.at ?? null,
      }))
    }
  }), { numRuns: 40 })
})

test('after any history the slots are those that claims hold', async () => {
  await fc.assert(fc.asyncProperty(histories, async (steps) => {
    const store = memoryEventStore()
    await happen(store, steps)
    await project(store)
    const newest = new Map((await eventsIn(store)).filter((event): event is typeof event & InstanceEvent => 'instance' in event.data).map(({ data }) => [data.claimId, data.instance]))
    const held = [...newest.values()].filter(({ slot }) => slot !== null).map(({ claimId, deploymentId, node, slot, address, status, since }) => ({ claimId, deploymentId, node, slot, address, state: status, since }))
    expect(await everySlot({}, 3)).toEqual(held.toSorted((a, b) => (a.claimId < b.claimId ? -1 : 1)))
  }), { numRuns: 25 })
})

test('a claimed slot that died is lost to its node; one that went with its node is not counted', async () => {
  const store = memoryEventStore()
  await append(store, 'node.node-1', told('AgentStarted', 'node-1', 1))
  const instance = { claimId: 'd-1', deploymentId: 'd', name: 'd', epoch: 1, plan: 'small', settings: { pauseAfterSeconds: 1, hibernateAfterSeconds: 1, maxBodyBytes: 1_024 }, status: 'running', since: at(2), node: 'node-1', slot: 's', address: '127.0.0.1:1', startedAt: at(2), wakes: 0, requests: 0 } as const
  for (const [claimId, cause] of [['d-1', 'slot'], ['d-2', 'node']] as const) {
    const held = { ...instance, claimId }
    await append(store, `instance.${claimId}`, { type: 'InstanceStarted', data: { deploymentId: 'd', claimId, at: at(2), reason: 'create', wakeMs: 1, instance: held } })
    await append(store, `instance.${claimId}`, { type: 'InstanceLost', data: { deploymentId: 'd', claimId, at: at(3), reason: `by ${cause}`, cause, before: 'running', logTail: [], instance: { ...held, status: 'lost', node: null, slot: null, address: null } } })
  }
  await project(store)
  expect(await getNode(database.db, 'node-1')).toMatchObject({ slotsLost: 1, lostSlotReason: 'by slot', lostSlotAt: at(3) })
  expect(await everySlot({}, 200)).toEqual([])
})

describe('with many', () => {
  beforeAll(async () => {
    await project(memoryEventStore())
    await sql`insert into nodes_v1.nodes (node, state, since, started_at, adopted, max_slots, position)
      select 'node-' || lpad(i::text, 4, '0'), case when i % 50 = 0 then 'lost' else 'live' end, now(), now(), 0, 200, i from generate_series(1, 3000) as i`.execute(database.db)
    await sql`insert into nodes_v1.slots (claim_id, deployment_id, node, slot, address, state, since, position)
      select 'c' || lpad(i::text, 5, '0'), 'd' || i, 'node-' || lpad((i % 100)::text, 4, '0'), 's' || i, null, case when i % 40 = 0 then 'running' else 'paused' end, now(), i
      from generate_series(1, 12000) as i`.execute(database.db)
    await sql`analyze`.execute(database.db)
  })

  test('a list is that part of the whole, whatever the page size', async () => {
    const all = await everySlot({}, 200)
    expect(all).toHaveLength(12_000)
    expect(await everySlot({ node: 'node-0007' }, 7)).toEqual(all.filter(({ node }) => node === 'node-0007'))
    expect(await everySlot({ state: 'running' }, 200)).toEqual(all.filter(({ state }) => state === 'running'))
    expect(await everySlot({ node: 'node-0040', state: 'running' }, 11)).toEqual(all.filter(({ node, state }) => node === 'node-0040' && state === 'running'))
    expect((await countSlots(database.db, ['node-0040', 'node-2000'])).get('node-0040')).toEqual({ running: 60, paused: 60 })
    const lost = await listNodes(database.db, { state: 'lost' }, { limit: 200 })
    expect(lost.items).toHaveLength(60)
  })

  const cursor = (key: string) => Buffer.from(JSON.stringify([key])).toString('base64url')
  test.each<[string, (db: ReadModels) => Promise<unknown>, RegExp]>([
    ['nodes', (db) => listNodes(db), /nodes_pkey/],
    ['next page of nodes', (db) => listNodes(db, {}, { cursor: cursor('node-0100') }), /nodes_pkey/],
    ['nodes of a state', (db) => listNodes(db, { state: 'lost' }), /nodes_state_node_idx/],
    ['a node', (db) => getNode(db, 'node-0001'), /nodes_pkey/],
    ['slots', (db) => listSlots(db), /slots_pkey/],
    ['slots of a node', (db) => listSlots(db, { node: 'node-0001' }), /slots_node_claim_id_idx/],
    ['next page of those', (db) => listSlots(db, { node: 'node-0001' }, { cursor: cursor('c06000') }), /slots_node_claim_id_idx/],
    ['slots of a state', (db) => listSlots(db, { state: 'running' }), /slots_state_claim_id_idx/],
    ['slots of a node and a state', (db) => listSlots(db, { node: 'node-0040', state: 'running' }), /slots_node_state_claim_id_idx/],
    ['counts of a page of nodes', (db) => countSlots(db, ['node-0001', 'node-0002']), /slots_node_/],
  ])('%s are read by an index', async (_, query, index) => {
    const [plan] = await plansOf(database.db, query)
    expect(plan?.join('\n')).toMatch(index)
    expect(plan?.join('\n')).not.toContain('Seq Scan')
  })

  test.each([[{ cursor: 'garbage' }, 'cursor'], [{ limit: 0 }, 'limit']])('%j is refused', async (page, field) => {
    await expect(listNodes(database.db, {}, page)).rejects.toMatchObject({ code: 'INVALID_FIELD', field })
    await expect(listSlots(database.db, {}, page)).rejects.toMatchObject({ code: 'INVALID_FIELD', field })
  })
})
