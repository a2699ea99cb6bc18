import { describe, expect, test, vi } from 'vitest'
import { started } from '../../events/node/decide.ts'
import { caused } from '../../infra/aggregates/append.ts'
import { now } from '../../infra/platform/port.ts'
import { METADATA } from '../../infra/platform/testing/given.ts'
import { told } from '../testing/playground.ts'
import { budgetOf } from './budget.ts'
import { healing } from './testing.ts'

/** Longer than a lease and its margin. */
const LEASE_MS = 36_000

/** Deployments on two nodes, those of node-2 among them. */
const onTwoNodes = async (count = 4, heal = {}) => {
  const world = await healing({ heal })
  vi.spyOn(world.platform.agents, 'candidates').mockImplementation((_plan) => {
    const free = ['node-1', 'node-2'].filter((node) => !world.platform.agents.away.has(node))
    const load = (node: string) => world.platform.agents.held().filter((one) => one.node === node).length
    return free.toSorted((a, b) => load(a) - load(b)).map((node) => ({ node, at: now(world.platform), free: { small: 4 }, claimed: 0, load: 0, psi: { cpu: 0, memory: 0, io: 0 }, memoryFreeBytes: 1 }))
  })
  const ids = await world.running(count)
  const nodeOf = async (id: string) => (await world.claimOf(id)).node
  const there = (await Promise.all(ids.map(async (id) => [id, await nodeOf(id)] as const))).filter(([, node]) => node === 'node-2').map(([id]) => id)
  return { ...world, ids, there, nodeOf, nodeEvents: async () => (await told(world.platform)).filter((type) => type.startsWith('Agent')).slice(2) }
}

describe('a node that vanishes', () => {
  test('is lost; when its leases have ended its instances are, and those awake begin elsewhere', async () => {
    const { platform, there, sweep, status, nodeOf, nodeEvents } = await onTwoNodes()
    expect(there).toHaveLength(2)
    platform.agents.away.add('node-2')
    await sweep()
    expect([await nodeEvents(), await Promise.all(there.map(nodeOf))]).toEqual([['AgentLost'], ['node-2', 'node-2']])
    platform.advance(LEASE_MS)
    await sweep()
    for (const id of there) expect([await status(id), await nodeOf(id), await platform.routes.get(id)]).toMatchObject(['running', 'node-1', { state: 'routed' }])
    await sweep()
    expect(await nodeEvents()).toEqual(['AgentLost'])
  })

  test('is looked at again as soon as its leases have ended, counted from its last sign of life', async () => {
    const { platform, there, sweep, pass, nodeOf } = await onTwoNodes()
    await sweep()
    platform.agents.away.add('node-2')
    await pass(10_000) // the next sweep finds that it is lost: nothing was heard for five seconds
    await pass(29_000)
    expect(await Promise.all(there.map(nodeOf))).toEqual(['node-2', 'node-2'])
    await pass(1_002)
    expect(await Promise.all(there.map(nodeOf))).toEqual(['node-1', 'node-1'])
  })

  test('its slots live on: when its agent is back it ends those that were given up', async () => {
    const { platform, there, sweep, redeliver } = await onTwoNodes()
    platform.agents.away.add('node-2')
    await sweep()
    platform.advance(LEASE_MS)
    await sweep()
    expect(platform.agents.held().filter(({ node }) => node === 'node-2')).toHaveLength(2)
    platform.agents.away.clear()
    await platform.store.append('node.node-2', caused(started({ node: 'node-2', adopted: 2, maxSlots: 9, at: now(platform) }), 'again', METADATA), 'any')
    await redeliver('heal', 'AgentStarted')
    expect(platform.agents.held().filter(({ node }) => node === 'node-2')).toEqual([])
    expect(platform.agents.held().map(({ deploymentId }) => deploymentId)).toEqual(expect.arrayContaining([...there]))
  })

  test('and comes back in time keeps what it holds', async () => {
    const { platform, there, sweep, nodeOf } = await onTwoNodes()
    platform.agents.away.add('node-2')
    await sweep()
    platform.advance(20_000)
    platform.agents.away.clear()
    await platform.store.append('node.node-2', caused(started({ node: 'node-2', adopted: 2, maxSlots: 9, at: now(platform) }), 'again', METADATA), 'any')
    platform.advance(LEASE_MS)
    await sweep()
    expect(await Promise.all(there.map(nodeOf))).toEqual(['node-2', 'node-2'])
  })

  test.each([
    ['the broker has only just begun to keep signs of life', (agents: Agents) => { agents.away.add('node-2'); agents.signsAgeMs = 14_000 }],
    ['most nodes seem to', (agents: Agents) => { agents.away.add('node-2').add('node-1') }],
    ['it answers when it is asked', (agents: Agents) => { vi.spyOn(agents, 'signsOfLife').mockResolvedValue({ alive: ['node-1'], ageMs: 60_000 }) }],
  ])('is not lost while %s', async (_, befall) => {
    const { platform, sweep, nodeEvents } = await onTwoNodes()
    befall(platform.agents)
    for (let round = 0; round < 3; round += 1) {
      await sweep()
      platform.advance(LEASE_MS)
    }
    expect(await nodeEvents()).toEqual([])
  })

  test('with many instances is emptied at a rate', async () => {
    const { platform, ids, there, sweep, pass, nodeOf } = await onTwoNodes(40, { movesPerSweep: 8, movesPerMinute: 12 })
    platform.agents.away.add('node-2')
    await sweep()
    const left = async () => (await Promise.all(ids.map(nodeOf))).filter((node) => node === 'node-2').length
    expect(await left()).toBe(there.length)
    platform.advance(LEASE_MS)
    const seen: number[] = []
    await pass(0) // the sweep that is due
    for (let round = 0; round < 8; round += 1) {
      seen.push(there.length - (await left()))
      await pass(10_000)
    }
    expect(seen).toEqual([8, 12, 12, 12, 12, 12, 20, 20])
  })

  test('a restart of what it holds waits for the end of its leases, no longer', async () => {
    const { platform, api, there: [id = ''], sweep, run, redeliver, status, nodeOf } = await onTwoNodes()
    platform.agents.away.add('node-2')
    await sweep()
    await api('POST', `/${id}/restart`)
    await expect(redeliver('provision', 'ClaimRequested')).rejects.toMatchObject({ code: 'AGENT_UNAVAILABLE' })
    await run()
    expect(await status(id)).toBe('starting') // provision has given it up
    platform.advance(60_001)
    await sweep()
    expect([await status(id), await nodeOf(id), (await told(platform)).includes('InstanceLost')]).toEqual(['running', 'node-1', true])
  })
})
type Agents = Awaited<ReturnType<typeof onTwoNodes>>['platform']['agents']

describe('how many are given up', () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString()
  const settings = { movesPerSweep: 3, movesPerMinute: 5 }
  const takeAll = (before: Parameters<typeof budgetOf>[0], when: string) => {
    const budget = budgetOf(before, when, settings)
    return { taken: Array.from({ length: 9 }, () => budget.take()).filter(Boolean).length, spent: budget.spent() }
  }
  test('is bounded in a sweep, in a minute, and begins anew with the next', () => {
    const first = takeAll(null, at(0))
    expect(first).toEqual({ taken: 3, spent: { since: at(0), count: 3 } })
    expect(takeAll(first.spent, at(10))).toEqual({ taken: 2, spent: { since: at(0), count: 5 } })
    expect(takeAll({ since: at(0), count: 5 }, at(59))).toEqual({ taken: 0, spent: { since: at(0), count: 5 } })
    expect(takeAll({ since: at(0), count: 5 }, at(60))).toEqual({ taken: 3, spent: { since: at(60), count: 3 } })
  })
})
