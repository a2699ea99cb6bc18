import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { natsAgents } from './client.ts'
import type { Agents } from './port.ts'
import { newClaim } from './testing/agent.ts'
import { LONG, pushImages, startSwarm } from './testing/swarm.ts'

// Agents, keepers and slots as the containers that they are, on three nodes, with the real ONE Record server in the slots.
const bed = inject('testbed')
let swarm: Awaited<ReturnType<typeof startSwarm>>
let agents: Agents

beforeAll(async () => {
  const images = await pushImages(bed, ['agent', 'slot-keeper', 'slot'], `t${process.pid}`)
  swarm = await startSwarm(bed, { agent: images['agent'] ?? '', keeper: images['slot-keeper'] ?? '', slot: images['slot'] ?? '' })
  agents = await natsAgents(swarm.ground.connection)
}, 600_000)
afterAll(async () => {
  await agents?.close()
  await swarm?.end()
}, 300_000)

const free = () => agents.heard().reduce((sum, { free: { small = 0 } }) => sum + small, 0)
const spares = (count: number) => vi.waitFor(() => expect(free()).toBeGreaterThanOrEqual(count), { ...LONG, timeout: 240_000 })

test('a spare for each node comes up, spread, and is offered', async () => {
  await spares(3)
  await vi.waitFor(async () => expect((await swarm.slots()).map(({ node }) => node).toSorted()).toEqual(['node1', 'node2', 'node3']), LONG)
}, 300_000)

test('a claim serves across nodes, sleeps, wakes for a visitor at its socket, and its slot is replaced when it is released', async () => {
  await spares(3)
  const claim = newClaim()
  const claimed = await agents.claim('node2', claim)
  expect(await swarm.visit('node1', claimed.address, claim.claimId)).toMatchObject({ status: 200 })
  expect(await agents.freeze('node2', claim.claimId)).toMatchObject({ state: 'frozen' })
  expect(await swarm.visit('node3', claimed.address, claim.claimId)).toMatchObject({ status: 200 }) // its queue was seen
  await vi.waitFor(async () => expect(await agents.freeze('node2', claim.claimId)).toMatchObject({ state: 'frozen' }), LONG)
  expect(await agents.thaw('node2', claim.claimId)).toEqual(claimed)
  expect(await swarm.visit('node1', claimed.address, claim.claimId)).toMatchObject({ status: 200 })
  await spares(3) // there is a spare for each node again
  expect(await agents.release('node2', claim.claimId, { force: false })).toMatchObject({ state: 'released' })
  await vi.waitFor(async () => expect((await swarm.slots()).map(({ id }) => id.slice(0, 12))).not.toContain(claimed.slot), LONG)
  expect(await swarm.visit('node1', claimed.address, claim.claimId)).toMatchObject({ status: 0 })
}, 300_000)

test('an agent that is killed leaves its slots to the next one, frozen ones too', async () => {
  await spares(2)
  const [node] = agents.candidates('small').filter(({ free: { small = 0 } }) => small > 0)
  const [asleep, at] = [newClaim(), node?.node ?? '']
  const claimed = await agents.claim(at, asleep)
  expect(await agents.freeze(at, asleep.claimId)).toMatchObject({ state: 'frozen' })
  const [before, killed] = [await swarm.slotsOn(at), await swarm.agentOn(at)]
  await swarm.engineOf(at).getContainer(killed).kill({ signal: 'SIGKILL' })
  await vi.waitFor(async () => expect(await swarm.agentOn(at)).not.toBe(killed), LONG)
  await vi.waitFor(async () => expect(await agents.thaw(at, asleep.claimId)).toEqual(claimed), LONG)
  expect((await swarm.slotsOn(at)).map(({ id }) => id)).toEqual(expect.arrayContaining(before.map(({ id }) => id)))
  expect(await swarm.visit(at, claimed.address, asleep.claimId)).toMatchObject({ status: 200 })
  expect(await agents.release(at, asleep.claimId, { force: false })).toMatchObject({ state: 'released' })
}, 300_000)
