import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { newClaim, startGround, startTestAgent, visit, type Ground } from './testing/agent.ts'

let ground: Ground
let one: Awaited<ReturnType<typeof startTestAgent>>

beforeAll(async () => {
  ground = await startGround()
  one = await startTestAgent(ground, { SPARE_SLOTS: 2, MAX_SLOTS: 30 })
})
afterAll(async () => {
  await one.end()
  await ground.stop()
})

test('a claim serves its deployment and nobody else', async () => {
  const claim = newClaim()
  const claimed = await one.agents.claim('node-t', claim)
  expect(claimed).toEqual({ node: 'node-t', slot: expect.any(String), address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) })
  expect(await visit(claimed.address, claim.claimId)).toMatchObject({ status: 200, body: { claimId: claim.claimId } })
  expect(await visit(claimed.address, 'another-1')).toMatchObject({ status: 421 })
})

test('claiming twice is the same claim, also at the same time', async () => {
  const claim = newClaim()
  const [first, second] = await Promise.all([one.agents.claim('node-t', claim), one.agents.claim('node-t', claim)])
  expect(second).toEqual(first)
  expect(await one.agents.claim('node-t', claim)).toEqual(first)
})

test('a later epoch takes over; an earlier one is superseded', async () => {
  const early = newClaim({ epoch: 4 })
  const late = newClaim({ deploymentId: early.deploymentId, epoch: 9 })
  const before = await one.agents.claim('node-t', early)
  const after = await one.agents.claim('node-t', late)
  expect(await visit(after.address, late.claimId)).toMatchObject({ status: 200 })
  await expect(visit(before.address, early.claimId)).rejects.toThrow() // its slot is gone
  await expect(one.agents.claim('node-t', early)).rejects.toMatchObject({ code: 'CLAIM_SUPERSEDED' })
})

test('fifty sleeps and wakes, a request after each', async () => {
  const claim = newClaim()
  const { address } = await one.agents.claim('node-t', claim)
  for (let round = 0; round < 50; round++) {
    expect(await one.agents.freeze('node-t', claim.claimId)).toEqual({ state: 'frozen', dueAt: null })
    expect(await one.agents.thaw('node-t', claim.claimId)).toMatchObject({ address })
    expect(await visit(address, claim.claimId)).toMatchObject({ status: 200 })
  }
})

test('freezing and thawing twice is once', async () => {
  const claim = newClaim({ name: 'owing' })
  const claimed = await one.agents.claim('node-t', claim)
  const frozen = { state: 'frozen', dueAt: '2030-01-01T00:00:00.000Z' }
  expect(await one.agents.freeze('node-t', claim.claimId)).toEqual(frozen)
  expect(await one.agents.freeze('node-t', claim.claimId)).toEqual(frozen)
  expect(await one.agents.thaw('node-t', claim.claimId)).toEqual(claimed)
  expect(await one.agents.thaw('node-t', claim.claimId)).toEqual(claimed)
})

test('a request in flight makes it busy, and it is answered', async () => {
  const claim = newClaim()
  const { address } = await one.agents.claim('node-t', claim)
  const slow = visit(address, claim.claimId, '/slow')
  await sleep(100)
  expect(await one.agents.freeze('node-t', claim.claimId)).toMatchObject({ state: 'busy' })
  expect(await one.agents.release('node-t', claim.claimId, { force: false })).toMatchObject({ state: 'busy' })
  expect(await slow).toMatchObject({ status: 200 })
})

test('a request that comes while it is frozen is answered, and asks for its route', async () => {
  const claim = newClaim()
  const { address } = await one.agents.claim('node-t', claim)
  expect(await one.agents.freeze('node-t', claim.claimId)).toMatchObject({ state: 'frozen' })
  expect(await visit(address, claim.claimId)).toMatchObject({ status: 200 })
  expect(one.hits.hits.get(claim.deploymentId)).toMatchObject({ claimId: claim.claimId })
})

test('a released slot is gone and replaced; released twice is released', async () => {
  const claim = newClaim({ name: 'owing' })
  const { address } = await one.agents.claim('node-t', claim)
  const released = { state: 'released', dueAt: '2030-01-01T00:00:00.000Z' }
  expect(await one.agents.release('node-t', claim.claimId, { force: false })).toEqual(released)
  await expect(visit(address, claim.claimId)).rejects.toThrow()
  expect(await one.agents.release('node-t', claim.claimId, { force: false })).toEqual(released)
  expect(await one.agents.release('node-t', 'never-1', { force: false })).toEqual({ state: 'released', dueAt: null })
  await vi.waitFor(() => expect(one.agents.candidates('small')[0]?.free['small']).toBe(2), 10_000)
})

test('what nobody claimed is unknown', async () => {
  await expect(one.agents.thaw('node-t', 'never-1')).rejects.toMatchObject({ code: 'CLAIM_UNKNOWN' })
  await expect(one.agents.freeze('node-t', 'never-1')).rejects.toMatchObject({ code: 'CLAIM_UNKNOWN' })
  await expect(one.agents.thaw('node-none', 'never-1')).rejects.toMatchObject({ code: 'AGENT_UNAVAILABLE' })
})
