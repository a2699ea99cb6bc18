import { expect, test } from 'vitest'
import { rank } from './client.ts'
import { memoryAgents } from './memory.ts'
import type { Heartbeat } from './port.ts'
import { DEFAULT_SETTINGS } from '../../events/deployment/settings.ts'
import { failure } from '../../events/errors.ts'

const node = (name: string, changes: Partial<Heartbeat> = {}): Heartbeat => ({
  node: name, at: '2026-01-01T00:00:00.000Z', free: { small: 2 }, claimed: 0, load: 0, psi: { cpu: 0, memory: 0, io: 0 }, memoryFreeBytes: 1, ...changes,
})
const names = (...nodes: Heartbeat[]) => rank(nodes, 'small').map((one) => one.node)

test('the least loaded node comes first', () => expect(names(node('busy', { load: 3 }), node('idle'), node('some', { load: 1 }))).toEqual(['idle', 'some', 'busy']))
test('pressure counts as load', () => expect(names(node('pressed', { psi: { cpu: 0, memory: 80, io: 0 } }), node('calm'))).toEqual(['calm', 'pressed']))
test('at about the same load the one with more free slots', () => expect(names(node('few', { load: 0.01, free: { small: 1 } }), node('many', { load: 0.02 }))).toEqual(['many', 'few']))
test('a node without a free slot comes last, but it may make one', () => expect(names(node('full', { free: { small: 0 } }), node('busy', { load: 9 }))).toEqual(['busy', 'full']))
test('a node that does not offer the plan is no candidate', () => expect(names(node('other', { free: { large: 3 } }))).toEqual([]))

const request = {
  claimId: 'demo-3', deploymentId: 'demo', epoch: 3, name: 'demo', plan: 'small' as const, baseUrl: 'http://demo.test',
  settings: DEFAULT_SETTINGS, generation: 1,
}

test('the fake remembers claims and calls', async () => {
  const agents = memoryAgents()
  const claimed = await agents.claim('node-1', request)
  expect(await agents.claim('node-1', request)).toEqual(claimed)
  expect(await agents.freeze('node-1', 'demo-3')).toEqual({ state: 'frozen', dueAt: null })
  expect(await agents.thaw('node-1', 'demo-3')).toEqual(claimed)
  await agents.release('node-1', 'demo-3', { force: true })
  await expect(agents.thaw('node-1', 'demo-3')).rejects.toMatchObject({ code: 'CLAIM_UNKNOWN' })
  expect(agents.calls).toEqual(['claim node-1 demo-3', 'claim node-1 demo-3', 'freeze node-1 demo-3', 'thaw node-1 demo-3', 'release node-1 demo-3 force', 'thaw node-1 demo-3'])
})

test('the fake follows its script', async () => {
  const agents = memoryAgents({
    nodes: [],
    claim: () => {
      throw failure('NO_SLOT_FREE', { retryAfterSeconds: 1 })
    },
  })
  expect(agents.candidates('small')).toEqual([])
  await expect(agents.claim('node-1', request)).rejects.toMatchObject({ code: 'NO_SLOT_FREE' })
})
