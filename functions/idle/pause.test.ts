import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../events/errors.ts'
import { now } from '../../infra/platform/port.ts'
import { playground, told } from '../testing/playground.ts'

/** A running deployment whose owner has asked for a pause after five seconds; nothing has reacted to that yet. */
const pausing = async () => {
  const world = playground()
  const id = await world.request('demo', { pauseAfterSeconds: 10, hibernateAfterSeconds: 100 })
  await world.run()
  world.platform.advance(5_000)
  await world.api('POST', `/${id}/pause`)
  return { ...world, id, claimId: `${id}-1` }
}
const crashed = () => failure('STORE_UNAVAILABLE', { reason: 'crashed' })

describe('a pause that was requested', () => {
  test('the edges take the route out, the slot is frozen, and how long it was awake is told', async () => {
    const { platform, id, claimId, redeliver, newest, status } = await pausing()
    platform.edges.quiescedNow = { state: 'quiesced', requests: 42 }
    expect(await status(id)).toBe('pausing')
    await redeliver('idle', 'PauseRequested')
    expect([await status(id), platform.agents.held()]).toMatchObject(['paused', [{ claimId, frozen: true }]])
    expect(await newest('InstancePaused')).toMatchObject({ data: { awakeMs: 5_000, requests: 42 } })
    expect(await platform.routes.get(id)).toMatchObject({ state: 'asleep', claimId, address: null, sequence: (await newest('InstancePaused')).position })
    // the edge must not take up the route again for what follows from the past
    expect(platform.edges.quiesced).toEqual([{ deploymentId: id, claimId, sequence: (await newest('PauseRequested')).position }])
  })

  test('delivered twice, it is one pause', async () => {
    const { platform, redeliver } = await pausing()
    await redeliver('idle', 'PauseRequested')
    const before = [await told(platform), platform.agents.calls]
    await redeliver('idle', 'PauseRequested')
    expect([await told(platform), platform.agents.calls, platform.hits.take()]).toEqual([...before, []])
  })

  test.each(['edge', 'slot'])('a busy %s abandons it: running as before, and every edge has its route back', async (who) => {
    const { platform, id, claimId, redeliver, newest, status } = await pausing()
    if (who === 'edge') platform.edges.quiescedNow = { state: 'busy', reason: 'one request in flight' }
    else platform.agents.quiet = { state: 'busy', reason: 'one request in flight' }
    await redeliver('idle', 'PauseRequested')
    expect([await status(id), platform.agents.held()]).toMatchObject(['running', [{ frozen: false }]])
    expect((await newest('PauseAbandoned')).data).toMatchObject({ reason: 'one request in flight', instance: { since: '2026-01-01T00:00:00.000Z' } })
    expect([await platform.routes.get(id), platform.edges.restored]).toMatchObject([{ state: 'routed', claimId }, [{ deploymentId: id, claimId }]])
    expect(Object.keys(platform.edges.restored[0] ?? {})).toEqual(['deploymentId', 'claimId'])
  })

  test.each(['append', 'route', 'look for a hit'] as const)('a crash before the %s is made good by the next delivery', async (point) => {
    const { platform, id, claimId, redeliver, status } = await pausing()
    await platform.hits.publish({ deploymentId: id, claimId, since: now(platform) })
    platform.hits.take()
    if (point === 'append') vi.spyOn(platform.store, 'append').mockRejectedValueOnce(crashed())
    else if (point === 'route') vi.spyOn(platform.routes, 'put').mockRejectedValueOnce(crashed())
    else vi.spyOn(platform.hits, 'latest').mockRejectedValueOnce(crashed())
    await expect(redeliver('idle', 'PauseRequested')).rejects.toThrow('crashed')
    await redeliver('idle', 'PauseRequested')
    expect([await status(id), (await platform.routes.get(id))?.state, platform.hits.take()]).toMatchObject(['paused', 'asleep', [{ type: 'ProxyHit', data: { deploymentId: id, claimId } }]])
  })

  test('what the instance owes has its timer before the pause is told, so that no crash forgets it', async () => {
    const { platform, claimId, redeliver } = await pausing()
    platform.agents.quiet = { state: 'frozen', dueAt: '2026-01-02T00:00:00.000Z' }
    vi.spyOn(platform.store, 'append').mockRejectedValueOnce(crashed())
    await expect(redeliver('idle', 'PauseRequested')).rejects.toThrow('crashed')
    expect(platform.timers.scheduled.get(`wake.${claimId}`)).toMatchObject({ at: '2026-01-02T00:00:00.000Z', message: { type: 'WakeDue' } })
  })

  test('a visitor who comes meanwhile is served: running again', async () => {
    const { id, hit, run, status, platform } = await pausing()
    await hit(id)
    await run()
    expect([await status(id), await platform.routes.get(id)]).toMatchObject(['running', { state: 'routed' }])
    expect(await told(platform)).toEqual(expect.arrayContaining(['InstancePaused', 'InstanceResumed']))
  })

  test('a visitor who was served before it does not wake it', async () => {
    const { platform, request, run, pass, hit, status } = playground()
    const first = await request('demo', { pauseAfterSeconds: 10 })
    await run()
    await pass(10_000)
    await hit(first)
    await run()
    await pass(10_000)
    expect([await status(first), platform.hits.take()]).toEqual(['paused', []])
  })

  test('its slot has died: that is told, and it gets another', async () => {
    const { platform, id, claimId, redeliver, run, status } = await pausing()
    await platform.agents.kill(claimId)
    await redeliver('idle', 'PauseRequested')
    expect([await status(id), await platform.routes.get(id), (await told(platform)).at(-1)]).toMatchObject(['hibernated', { state: 'asleep' }, 'InstanceLost'])
    await run()
    expect(await status(id)).toBe('running')
  })

  test('another delivery abandoned it while this one froze the slot: the slot is awake again', async () => {
    const { platform, redeliver, id, status } = await pausing()
    const { freeze } = platform.agents
    vi.spyOn(platform.agents, 'freeze').mockImplementationOnce(async (...args) => {
      const frozen = await freeze(...args)
      platform.edges.quiescedNow = { state: 'busy', reason: 'one request in flight' }
      await redeliver('idle', 'PauseRequested')
      return frozen
    })
    await redeliver('idle', 'PauseRequested')
    expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['running', { state: 'routed' }, [{ frozen: false }]])
  })

  test('the answer to the freeze was lost, and now an edge is busy: the slot is awake again', async () => {
    const { platform, id, redeliver, status } = await pausing()
    const { freeze } = platform.agents
    vi.spyOn(platform.agents, 'freeze').mockImplementationOnce(async (...args) => {
      await freeze(...args)
      throw crashed()
    })
    await redeliver('idle', 'PauseRequested').catch(() => undefined)
    expect([await status(id), platform.agents.held()]).toMatchObject(['pausing', [{ frozen: true }]])
    platform.edges.quiescedNow = { state: 'busy', reason: 'one request in flight' }
    await redeliver('idle', 'PauseRequested')
    expect([await status(id), platform.agents.held()]).toMatchObject(['running', [{ frozen: false }]])
  })

  test('its owner stops it meanwhile: stopped', async () => {
    const { platform, api, id, redeliver, run, status, parked } = await pausing()
    const { freeze } = platform.agents
    vi.spyOn(platform.agents, 'freeze').mockImplementationOnce(async (...args) => {
      await api('POST', `/${id}/stop`)
      await redeliver('retire', 'StopRequested')
      return freeze(...args)
    })
    await run()
    expect([await status(id), await platform.routes.get(id), platform.agents.held(), parked]).toMatchObject(['stopped', { state: 'stopped' }, [], []])
  })
})
