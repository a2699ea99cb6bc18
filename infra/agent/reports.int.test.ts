import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { completeErasure } from '../../events/erasure/decide.ts'
import { erasureStream, type ErasureEvent } from '../../events/erasure/events.ts'
import { caused } from '../aggregates/append.ts'
import { beginInstance, newClaim, startGround, startTestAgent, visit, type Ground } from './testing/agent.ts'

const LONG = { timeout: 60_000, interval: 100 }
let ground: Ground
beforeAll(async () => { ground = await startGround() }, 60_000)
afterAll(() => ground.stop())

const typesIn = async (stream: `${string}.${string}`) => (await ground.store.read(stream)).map(({ type }) => type)

test('a limit that was reached and an erasure become events, once for each claim whoever asks; the slot hears when it is carried out', async () => {
  let one = await startTestAgent(ground, { LEASE_SECONDS: 2 })
  try {
    const request = newClaim({ name: 'full' })
    const { claimId, deploymentId } = request
    const claimed = await one.agents.claim(one.node, request)
    await beginInstance(ground, request, claimed)
    const [life, erasure] = [`instance.${claimId}`, erasureStream(deploymentId, 'e1')] as const
    await vi.waitFor(async () => expect([await typesIn(life), await typesIn(erasure)]).toEqual([['InstanceStarted', 'LimitReached'], ['ErasureRequested']]), LONG)
    expect((await ground.store.last(life))?.data).toMatchObject({ limit: 'storedBytes', usage: { objects: 1, bytes: 2 }, instance: { status: 'running' } })
    expect((await ground.store.last(erasure))?.data).toMatchObject({ deploymentId, erasureId: 'e1', object: 'o1', commit: 7 })

    // the next agent hears the same again
    await one.leave()
    one = await startTestAgent(ground, { LEASE_SECONDS: 2, dataDir: one.dataDir })
    expect((await visit(claimed.address, claimId)).body.erased).toBe(false)
    const completed = completeErasure({ deploymentId, erasureId: 'e1', commits: 1, objects: 0, at: new Date().toISOString() }, await ground.store.read<ErasureEvent>(erasure))
    await ground.store.append(erasure, caused(completed, 'test', { correlationId: 'test', actor: 'test' }), 0)
    await vi.waitFor(async () => expect((await visit(claimed.address, claimId)).body.erased).toBe(true), LONG)
    expect([await typesIn(life), await typesIn(erasure)]).toEqual([['InstanceStarted', 'LimitReached'], ['ErasureRequested', 'ErasureCompleted']])
  } finally {
    await one.end()
  }
})
