import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { requestDrain, returned } from '../../events/drain/decide.ts'
import { drainsOf } from '../aggregates/drains.ts'
import { newClaim, startGround, startTestAgent, visit, type Ground } from './testing/agent.ts'

let ground: Ground
let one: Awaited<ReturnType<typeof startTestAgent>>
const METADATA = { correlationId: 'test', actor: 'test' } as const
const SOON = { timeout: 30_000, interval: 50 }

beforeAll(async () => {
  ground = await startGround()
  one = await startTestAgent(ground, { SPARE_SLOTS: 1, MAX_SLOTS: 3 })
})
afterAll(async () => {
  await one.end()
  await ground.stop()
})

const at = () => new Date().toISOString()
const drains = () => drainsOf(ground.store)
const drain = (node: string) => drains().change(node, (today) => requestDrain({ node, cause: 'operator', at: at() }, today), `drain ${at()}`, METADATA)
const back = (node: string) => drains().change(node, (today) => returned({ at: at() }, today), `return ${at()}`, METADATA)
const reserve = ({ deploymentId, plan, generation }: ReturnType<typeof newClaim>) => one.agents.reserve('node-t', { deploymentId, plan, generation })
const free = () => one.agents.heard().find(({ node }) => node === 'node-t')?.free['small']
const spare = () => vi.waitFor(() => expect(free()).toBe(1), SOON)

test('a slot that is set aside is nobody else\'s, and the one that its claim gets', async () => {
  await spare()
  const claim = newClaim()
  await reserve(claim)
  await reserve(claim) // it is the same one
  await spare()
  const other = newClaim()
  const [theirs, mine] = [await one.agents.claim('node-t', other), await one.agents.claim('node-t', claim)]
  expect(mine.slot).not.toBe(theirs.slot)
  expect(await visit(mine.address, claim.claimId)).toMatchObject({ status: 200, body: { claimId: claim.claimId } })
  expect(one.agent.held()).toHaveLength(2)
  await Promise.all([claim, other].map(({ claimId }) => one.agents.release('node-t', claimId, { force: true })))
})

test('where there is no room none is set aside', async () => {
  await spare()
  const claims = [newClaim(), newClaim(), newClaim()]
  for (const claim of claims) await reserve(claim)
  await expect(reserve(newClaim())).rejects.toMatchObject({ code: 'NO_SLOT_FREE' })
  for (const claim of claims) await one.agents.claim('node-t', claim)
  await Promise.all(claims.map(({ claimId }) => one.agents.release('node-t', claimId, { force: true })))
})

test('a drained node takes no claims, says so, and goes on with what it has; returned it takes them again', async () => {
  await spare()
  const before = newClaim()
  const { address } = await one.agents.claim('node-t', before)
  await drain('node-t')
  expect(await one.agents.drain('node-t')).toBe(true)
  await vi.waitFor(() => expect([one.agents.candidates('small'), one.agents.heard()]).toMatchObject([[], [{ node: 'node-t', draining: true, claimed: 1 }]]), SOON)
  for (const ask of [() => one.agents.claim('node-t', newClaim()), () => reserve(newClaim())]) {
    await expect(ask()).rejects.toMatchObject({ code: 'NO_SLOT_FREE', details: { reason: 'node node-t is drained' } })
  }
  expect(await one.agents.claim('node-t', before)).toMatchObject({ address }) // claimed before
  expect(await visit(address, before.claimId)).toMatchObject({ status: 200 })
  await back('node-t')
  expect(await one.agents.drain('node-t')).toBe(false)
  await vi.waitFor(() => expect(one.agents.candidates('small')).toHaveLength(1), SOON)
  await one.agents.release('node-t', before.claimId, { force: true })
})

test('an agent that starts on a drained node knows it; one that shut down is in use again', async () => {
  await drain('node-u')
  const two = await startTestAgent(ground, { NODE_NAME: 'node-u' })
  await vi.waitFor(() => expect(two.agents.heard().find(({ node }) => node === 'node-u')).toMatchObject({ draining: true }), SOON)
  await back('node-u')
  await two.agents.drain('node-u')
  const claim = newClaim()
  await two.agents.claim('node-u', claim)
  const leaving = two.agent.leave(60_000)
  await vi.waitFor(async () => expect(await drains().current('node-u')).toMatchObject({ status: 'draining', cause: 'shutdown' }), SOON)
  await two.agents.release('node-u', claim.claimId, { force: true })
  await leaving
  await two.end()
  const three = await startTestAgent(ground, { NODE_NAME: 'node-u' })
  expect(await drains().current('node-u')).toBeNull()
  await three.end()
})
