import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest'
import { natsAgents } from './client.ts'
import type { Agents } from './port.ts'
import { newClaim } from './testing/agent.ts'
import { LONG, pushImages, pushVariant, startSwarm } from './testing/swarm.ts'

// Agents, keepers and slots as the containers that they are, on three nodes, with the real ONE Record server in the slots.
const bed = inject('testbed')
let swarm: Awaited<ReturnType<typeof startSwarm>>
let agents: Agents
let image = ''

beforeAll(async () => {
  const images = await pushImages(bed, ['agent', 'slot-keeper', 'slot'], `t${process.pid}`)
  image = images['slot'] ?? ''
  swarm = await startSwarm(bed, { agent: images['agent'] ?? '', keeper: images['slot-keeper'] ?? '', slot: image })
  agents = await natsAgents(swarm.ground.connection)
}, 600_000)
afterAll(async () => {
  await agents?.close()
  await swarm?.end()
}, 300_000)
// what one that failed has left would be another's claim
afterEach(async () => {
  for (const { name } of bed.nodes) for (const { claimId } of await agents.claims(name).catch(() => [])) await agents.release(name, claimId, { force: true }).catch(() => undefined)
})

const free = () => agents.heard().reduce((sum, { free: { small = 0 } }) => sum + small, 0)
/** A claim on a node that has a spare. */
const claimAnywhere = async () => {
  await spares(1)
  const at = agents.candidates('small')[0]?.node ?? ''
  const claim = newClaim()
  return { at, claim, claimed: await agents.claim(at, claim) }
}
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
  const { at, claim: asleep, claimed } = await claimAnywhere()
  expect(await agents.freeze(at, asleep.claimId)).toMatchObject({ state: 'frozen' })
  const [before, killed] = [await swarm.slotsOn(at), await swarm.agentOn(at)]
  await swarm.engineOf(at).getContainer(killed).kill({ signal: 'SIGKILL' })
  await vi.waitFor(async () => expect(await swarm.agentOn(at)).not.toBe(killed), LONG)
  await vi.waitFor(async () => expect(await agents.thaw(at, asleep.claimId)).toEqual(claimed), LONG)
  expect((await swarm.slotsOn(at)).map(({ id }) => id)).toEqual(expect.arrayContaining(before.map(({ id }) => id)))
  expect(await swarm.visit(at, claimed.address, asleep.claimId)).toMatchObject({ status: 200 })
  expect(await agents.release(at, asleep.claimId, { force: false })).toMatchObject({ state: 'released' })
}, 300_000)

test('when all keepers are killed others lead within seconds, and spares come again', async () => {
  await spares(3)
  await Promise.all((await swarm.keepers()).map((keeper) => keeper.kill({ signal: 'SIGKILL' })))
  const { at, claim } = await claimAnywhere()
  await spares(3)
  expect(await agents.release(at, claim.claimId, { force: true })).toMatchObject({ state: 'released' })
}, 300_000)

test('another image is another generation: claims of the one before are outdated and serve on, later ones get the new one, and it goes when it is empty', async () => {
  const { at, claim, claimed } = await claimAnywhere()
  const [before] = await swarm.services()
  await swarm.configure({ SLOT_IMAGE: await pushVariant(bed, image) })
  await vi.waitFor(async () => expect(await agents.claims(at)).toEqual([expect.objectContaining({ claimId: claim.claimId, outdated: true })]), { ...LONG, timeout: 240_000 })
  await vi.waitFor(() => expect(agents.heard().find(({ node }) => node === at)).toMatchObject({ outdated: 1 }), LONG)
  expect(await swarm.visit('node1', claimed.address, claim.claimId)).toMatchObject({ status: 200 })
  await spares(3)
  const later = await claimAnywhere()
  const generations = new Map((await swarm.slots()).map(({ id, generation }) => [id.slice(0, 12), generation]))
  expect(generations.get(later.claimed.slot)).not.toBe(generations.get(claimed.slot))
  expect((await agents.claims(later.at)).find(({ claimId }) => claimId === later.claim.claimId)).toMatchObject({ outdated: false })
  expect(await agents.release(at, claim.claimId, { force: false })).toMatchObject({ state: 'released' })
  await vi.waitFor(async () => expect((await swarm.services()).map(({ id }) => id)).toEqual([expect.not.stringContaining(before?.id ?? 'none')]), LONG)
  expect(await swarm.visit('node1', later.claimed.address, later.claim.claimId)).toMatchObject({ status: 200 })
  expect(await agents.release(later.at, later.claim.claimId, { force: true })).toMatchObject({ state: 'released' })
}, 600_000)

test('an image that is not to be had changes nothing: the generation before serves on', async () => {
  await spares(3)
  const before = await swarm.services()
  await swarm.configure({ SLOT_IMAGE: `${image}-that-nobody-made` })
  const { at, claim, claimed } = await claimAnywhere()
  await spares(3) // kept full by keepers that know no better image
  expect((await swarm.services()).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  expect(await swarm.visit('node1', claimed.address, claim.claimId)).toMatchObject({ status: 200 })
  expect(await agents.release(at, claim.claimId, { force: true })).toMatchObject({ state: 'released' })
  await swarm.configure({ SLOT_IMAGE: image })
}, 300_000)

test('fewer spares are wanted: they are retired and not replaced, and whoever is claimed serves on, asleep or awake', async () => {
  const [awake, asleep] = [await claimAnywhere(), await claimAnywhere()]
  expect(await agents.freeze(asleep.at, asleep.claim.claimId)).toMatchObject({ state: 'frozen' })
  await spares(3)
  await swarm.configure({ SPARE_SLOTS: '0' })
  await vi.waitFor(async () => expect((await swarm.slots()).map(({ id }) => id.slice(0, 12)).toSorted()).toEqual([awake, asleep].map(({ claimed }) => claimed.slot).toSorted()), { ...LONG, timeout: 120_000 })
  expect(await swarm.visit('node1', awake.claimed.address, awake.claim.claimId)).toMatchObject({ status: 200 })
  expect(await swarm.visit('node1', asleep.claimed.address, asleep.claim.claimId)).toMatchObject({ status: 200 })
}, 600_000)

test('frozen slots whose service is removed end in order: they are thawed to hear it, spares and claimed ones', async () => {
  await swarm.configure({ SPARE_SLOTS: '1' })
  await spares(3)
  const { at, claim } = await claimAnywhere()
  expect(await agents.freeze(at, claim.claimId)).toMatchObject({ state: 'frozen' })
  const ends = (await swarm.slots()).map(async ({ id, node }) => (await swarm.engineOf(node).getContainer(id).wait() as { readonly StatusCode: number }).StatusCode)
  const [service] = await swarm.services()
  await swarm.docker.getService(service?.id ?? '').remove()
  expect(new Set(await Promise.all(ends))).toEqual(new Set([0])) // 137 would be the end of its grace
  await vi.waitFor(() => expect(agents.thaw(at, claim.claimId)).rejects.toMatchObject({ code: 'CLAIM_UNKNOWN' }), LONG)
}, 300_000)
