import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../events/errors.ts'
import { playground, told } from '../testing/playground.ts'

const crashed = () => failure('STORE_UNAVAILABLE', { reason: 'crashed' })
const HOUR = 3_600_000

const running = async () => {
  const world = playground()
  const id = await world.request('demo')
  await world.run()
  return { ...world, id, claimId: `${id}-1` }
}

describe('stopping', () => {
  test('gives the slot back and tells visitors why', async () => {
    const { platform, api, id, redeliver, newest, status } = await running()
    await api('POST', `/${id}/stop`, { reason: 'until Monday' })
    await redeliver('retire', 'StopRequested')
    expect([await status(id), platform.agents.held()]).toEqual(['stopped', []])
    expect((await newest('InstanceReleased')).data).toMatchObject({ reason: 'stop' })
    expect(await platform.routes.get(id)).toMatchObject({ state: 'stopped', address: null, reason: 'until Monday', sequence: (await newest('DeploymentStopped')).position })
  })

  test('delivered twice, it is one stop', async () => {
    const { platform, api, id, redeliver } = await running()
    await api('POST', `/${id}/stop`)
    await redeliver('retire', 'StopRequested')
    const before = [await told(platform), platform.agents.calls]
    await redeliver('retire', 'StopRequested')
    expect([await told(platform), platform.agents.calls]).toEqual(before)
  })

  test.each(['release', 'append', 'route'] as const)('a crash at the %s is made good by the next delivery', async (point) => {
    const { platform, api, id, redeliver, status } = await running()
    await api('POST', `/${id}/stop`)
    if (point === 'release') vi.spyOn(platform.agents, 'release').mockRejectedValueOnce(crashed())
    else if (point === 'append') vi.spyOn(platform.store, 'append').mockRejectedValueOnce(crashed())
    else vi.spyOn(platform.routes, 'put').mockRejectedValueOnce(crashed())
    await expect(redeliver('retire', 'StopRequested')).rejects.toThrow('crashed')
    await redeliver('retire', 'StopRequested')
    expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['stopped', { state: 'stopped' }, []])
  })

  test('a request that came late does not stop what was started again', async () => {
    const { platform, api, id, run, redeliver, status } = await running()
    await api('POST', `/${id}/stop`)
    await run()
    await api('POST', `/${id}/start`)
    await run()
    const before = await told(platform)
    await redeliver('retire', 'StopRequested')
    expect([await status(id), await told(platform), platform.agents.held()]).toMatchObject(['running', before, [{ claimId: `${id}-5` }]])
  })

  test.each(['edge', 'slot'])('a busy %s is waited for, then cut off', async (who) => {
    const { platform, api, id, redeliver, status } = await running()
    await api('POST', `/${id}/stop`)
    if (who === 'edge') platform.edges.quiescedNow = { state: 'busy', reason: 'one request in flight' }
    else platform.agents.quiet = { state: 'busy', reason: 'one request in flight' }
    await expect(redeliver('retire', 'StopRequested', 5)).rejects.toMatchObject({ kind: 'transient' })
    expect([await status(id), platform.agents.held().length]).toEqual(['stopping', 1])
    await redeliver('retire', 'StopRequested', 6)
    expect([await status(id), platform.agents.held()]).toEqual(['stopped', []])
  })

  test('then deleting, before anything reacted: deleted', async () => {
    const { platform, api, id, run, status } = await running()
    await api('POST', `/${id}/stop`)
    await api('DELETE', `/${id}`)
    await run()
    expect([await status(id), platform.agents.held(), await platform.routes.get(id)]).toMatchObject(['deleted', [], { state: 'deleted' }])
  })
})

describe('deleting', () => {
  test('fences the record, frees the name and leaves the objects for an hour', async () => {
    const { platform, api, id, redeliver, newest, status } = await running()
    await api('DELETE', `/${id}`)
    await redeliver('retire', 'DeletionRequested')
    expect([await status(id), platform.agents.held(), platform.storage.erased.size]).toEqual(['deleted', [], 0])
    expect(platform.storage.fences).toEqual([{ deploymentId: id, epoch: (await newest('DeletionRequested')).revision, tombstone: true }])
    expect((await newest('NameReleased')).data).toMatchObject({ name: 'demo', deploymentId: id })
    expect(await platform.routes.get(id)).toMatchObject({ state: 'deleted', address: null, sequence: (await newest('DeploymentDeleted')).position })
    expect(platform.timers.scheduled.get(`purge.${id}`)).toMatchObject({ at: '2026-01-01T01:01:00.000Z', message: { type: 'PurgeDue' } })
  })

  test('the name can be had again at once', async () => {
    const { api, id, run, request, status } = await running()
    await api('DELETE', `/${id}`)
    await run()
    const other = await request('demo')
    await run()
    expect([other === id, await status(other)]).toEqual([false, 'running'])
  })

  test.each(['fence', 'append', 'route'] as const)('a crash at the %s is made good by the next delivery', async (point) => {
    const { platform, api, id, redeliver, status } = await running()
    await api('DELETE', `/${id}`)
    if (point === 'fence') vi.spyOn(platform.storage, 'fence').mockRejectedValueOnce(crashed())
    else if (point === 'append') vi.spyOn(platform.store, 'appendAll').mockRejectedValueOnce(crashed())
    else vi.spyOn(platform.routes, 'put').mockRejectedValueOnce(crashed())
    await expect(redeliver('retire', 'DeletionRequested')).rejects.toThrow('crashed')
    await redeliver('retire', 'DeletionRequested')
    expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['deleted', { state: 'deleted' }, []])
    expect((await told(platform)).filter((type) => type === 'NameReleased')).toHaveLength(1)
  })

  test('delivered once more after the name went to another, it takes nothing from them', async () => {
    const { platform, api, id, run, pass, request, redeliver, status } = await running()
    await api('DELETE', `/${id}`)
    await run()
    const other = await request('demo')
    await run()
    await pass(2 * HOUR)
    const before = await told(platform)
    await redeliver('retire', 'DeletionRequested')
    await pass(2 * HOUR)
    expect([await told(platform), await status(other), [...platform.storage.erased]]).toEqual([before, 'hibernated', [id]])
  })
})

describe('purging', () => {
  test('erases every object, once', async () => {
    const { platform, api, id, run, pass, newest, redeliver } = await running()
    await api('DELETE', `/${id}`)
    await run()
    await pass(61 * 60_000)
    expect([[...platform.storage.erased], (await newest('RecordErased')).data]).toMatchObject([[id], { objects: 3 }])
    await redeliver('retire', 'DeletionRequested')
    expect(platform.timers.scheduled.has(`purge.${id}`)).toBe(false)
  })

  test('delivered twice, it is told once', async () => {
    const { platform, api, id, run, pass } = await running()
    await api('DELETE', `/${id}`)
    await run()
    await pass(61 * 60_000, { again: () => true, deliveries: 5 })
    expect((await told(platform)).filter((type) => type === 'RecordErased')).toHaveLength(1)
  })

  test('a crash after the erasure is made good by the next delivery', async () => {
    const { platform, api, id, run, pass, parked } = await running()
    await api('DELETE', `/${id}`)
    await run()
    vi.spyOn(platform.store, 'append').mockRejectedValueOnce(crashed())
    await pass(61 * 60_000)
    expect([(await told(platform)).at(-1), parked]).toEqual(['RecordErased', []])
  })

  test('never before the last credentials have lapsed, whatever a clock says: it waits once more', async () => {
    const { platform, api, id, run, pass } = await running()
    await api('DELETE', `/${id}`)
    await run()
    await platform.timers.schedule(`purge.${id}`, '2026-01-01T00:00:00.000Z', { type: 'PurgeDue', data: { deploymentId: id } }, { correlationId: 'c', actor: 'function:retire' })
    await pass(60 * 60_000)
    expect([platform.storage.erased.size, (await told(platform)).includes('RecordErased')]).toEqual([0, false])
    await pass(2 * 60 * 60_000)
    expect([[...platform.storage.erased], (await told(platform)).filter((type) => type === 'RecordErased')]).toEqual([[id], ['RecordErased']])
  })

  test('never touches the record of a deployment that is not deleted', async () => {
    const { platform, id, run } = await running()
    await platform.timers.schedule(`purge.${id}`, '2026-01-01T00:00:00.000Z', { type: 'PurgeDue', data: { deploymentId: id } }, { correlationId: 'c', actor: 'function:retire' })
    await run()
    expect([platform.storage.erased.size, await told(platform)]).toEqual([0, expect.not.arrayContaining(['RecordErased'])])
  })
})
