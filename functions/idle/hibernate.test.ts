import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../events/errors.ts'
import { playground, told } from '../testing/playground.ts'

const crashed = () => failure('STORE_UNAVAILABLE', { reason: 'crashed' })

/** A deployment, paused or running, whose owner has asked for hibernation; nothing has reacted to that yet. */
const hibernating = async (from: 'running' | 'paused') => {
  const world = playground()
  const id = await world.request('demo', { pauseAfterSeconds: 10, hibernateAfterSeconds: 100 })
  await world.run()
  await world.pass(from === 'paused' ? 12_000 : 5_000)
  expect(await world.status(id)).toBe(from)
  await world.api('POST', `/${id}/hibernate`)
  return { ...world, id, claimId: `${id}-1` }
}

describe.each(['running', 'paused'] as const)('hibernation from %s', (from) => {
  test('gives the slot up', async () => {
    const { platform, id, claimId, redeliver, newest, status } = await hibernating(from)
    await redeliver('idle', 'HibernateRequested')
    expect([await status(id), platform.agents.held()]).toEqual(['hibernated', []])
    expect((await newest('InstanceHibernated')).data).toMatchObject({ awakeMs: from === 'running' ? 5_000 : 0, instance: { node: null, slot: null, address: null } })
    expect(await platform.routes.get(id)).toMatchObject({ state: 'asleep', claimId, sequence: (await newest('InstanceHibernated')).position })
    expect(platform.edges.quiesced.at(-1)).toEqual({ deploymentId: id, claimId, sequence: (await newest('HibernateRequested')).position })
  })

  test('delivered twice, it is one hibernation', async () => {
    const { platform, redeliver } = await hibernating(from)
    await redeliver('idle', 'HibernateRequested')
    const before = [await told(platform), platform.agents.calls]
    await redeliver('idle', 'HibernateRequested')
    expect([await told(platform), platform.agents.calls, platform.hits.take()]).toEqual([...before, []])
  })

  test.each(['append', 'route'] as const)('a crash before the %s is made good by the next delivery', async (point) => {
    const { platform, id, redeliver, status } = await hibernating(from)
    if (point === 'append') vi.spyOn(platform.store, 'append').mockRejectedValueOnce(crashed())
    else vi.spyOn(platform.routes, 'put').mockRejectedValueOnce(crashed())
    await expect(redeliver('idle', 'HibernateRequested')).rejects.toThrow('crashed')
    await redeliver('idle', 'HibernateRequested')
    expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['hibernated', { state: 'asleep' }, []])
  })

  test.each(['edge', 'slot'])('a busy %s abandons it: awake and routed', async (who) => {
    const { platform, id, claimId, redeliver, newest, status } = await hibernating(from)
    if (who === 'edge') platform.edges.quiescedNow = { state: 'busy', reason: 'one request in flight' }
    else platform.agents.quiet = { state: 'busy', reason: 'one request in flight' }
    await redeliver('idle', 'HibernateRequested')
    expect([await status(id), platform.agents.held(), (await newest('HibernateAbandoned')).data]).toMatchObject(['running', [{ frozen: false }], { reason: 'one request in flight' }])
    expect(await platform.routes.get(id)).toMatchObject({ state: 'routed', claimId })
    expect(platform.edges.restored).toEqual([{ deploymentId: id, claimId }])
  })

  test('abandoned, and the slot has died: the next visitor gets another', async () => {
    const { platform, id, claimId, run, hit, status, parked } = await hibernating(from)
    platform.edges.quiescedNow = { state: 'busy', reason: 'an edge does not answer' }
    await platform.agents.kill(claimId)
    await run()
    expect([await status(id), (await told(platform)).at(-1)]).toEqual(['hibernated', 'InstanceLost'])
    await hit(id)
    await run()
    expect([await status(id), parked]).toEqual(['running', []])
  })

  test('a visitor who comes meanwhile is served by a new claim', async () => {
    const { platform, id, hit, run, status } = await hibernating(from)
    await hit(id)
    await run()
    expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['running', { state: 'routed', claimId: `${id}-2` }, [{ claimId: `${id}-2` }]])
  })

  test('its owner deletes it meanwhile: deleted', async () => {
    const { platform, api, id, run, status, parked } = await hibernating(from)
    await api('DELETE', `/${id}`)
    await run()
    expect([await status(id), platform.agents.held(), parked]).toEqual(['deleted', [], []])
  })
})

test('a hibernation that was given up half way is ended by the next visitor', async () => {
  const { platform, id, hit, run, status } = await hibernating('paused')
  platform.advance(60_000)
  await platform.agents.kill(`${id}-1`) // released, and nobody lived to tell
  await hit(id)
  await run()
  expect([await status(id), platform.agents.held()]).toMatchObject(['running', [{ claimId: `${id}-2` }]])
})
