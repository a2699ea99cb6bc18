import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../events/errors.ts'
import { now } from '../../infra/platform/port.ts'
import { deliver } from '../../infra/platform/testing/deliver.ts'
import { playground, told } from '../testing/playground.ts'
import { coldStart } from './handler.ts'

const SETTINGS = { pauseAfterSeconds: 10, hibernateAfterSeconds: 100 }

const asleep = async (seconds: number) => {
  const world = playground()
  const id = await world.request('demo', SETTINGS)
  await world.run()
  await world.pass(seconds * 1000)
  return { ...world, id, calls: () => world.platform.agents.calls.slice(1) }
}
const paused = () => asleep(10)
const hibernated = () => asleep(110)

describe('a hit on a paused deployment', () => {
  test('thaws its slot, says how long the visitor waited, and routes', async () => {
    const { platform, id, run, newest, status } = await paused()
    await platform.hits.publish({ deploymentId: id, claimId: `${id}-1`, since: now(platform) })
    platform.advance(7)
    await run()
    const resumed = await newest('InstanceResumed')
    expect([await status(id), platform.agents.held()]).toMatchObject(['running', [{ frozen: false }]])
    expect(resumed).toMatchObject({ data: { reason: 'hit', wakeMs: 7, instance: { wakes: 1 } }, metadata: { actor: 'function:cold-start' } })
    expect(await platform.routes.get(id)).toMatchObject({ state: 'routed', address: '127.0.0.1:20001', sequence: resumed.position })
  })

  test('tells the edges that the slot serves before the event is stored', async () => {
    const { platform, id, hit, run } = await paused()
    const append = vi.spyOn(platform.store, 'append').mockRejectedValue(failure('STORE_UNAVAILABLE', { reason: 'test' }))
    await hit(id)
    await run({ deliveries: 1 }).catch(() => undefined)
    expect(append).toHaveBeenCalled()
    expect(platform.edges.woken.slice(1)).toEqual([{ deploymentId: id, claimId: `${id}-1`, address: '127.0.0.1:20001' }]) // the first was its start
  })

  test('reads one message, whatever the history', async () => {
    const { platform, id, hit, run } = await paused()
    await hit(id)
    const reads = [vi.spyOn(platform.store, 'read'), vi.spyOn(platform.store, 'last'), vi.spyOn(platform.store, 'append')]
    const [delivery] = platform.hits.take()
    if (delivery) await platform.hits.publish(delivery.data as Parameters<typeof platform.hits.publish>[0])
    await run({ deliveries: 1 })
    expect(reads.map(({ mock }) => mock.calls.length)).toEqual([0, 1, 1])
  })

  test('many hits are one wake', async () => {
    const { platform, id, hit, run } = await paused()
    for (let visitor = 0; visitor < 5; visitor += 1) await hit(id)
    await run()
    await hit(id)
    await run()
    expect((await told(platform)).filter((type) => type === 'InstanceResumed')).toHaveLength(1)
  })

  test('a hit that comes once more, in the next sleep, is another wake: no slot is awake without anybody knowing', async () => {
    const { platform, id, hit, run, pass, status } = await paused()
    await hit(id)
    const [delivery] = platform.hits.take()
    if (!delivery) throw new Error('no hit was published')
    await deliver(coldStart, delivery, platform)
    await run()
    await pass(10_000)
    expect(await status(id)).toBe('paused')
    await deliver(coldStart, delivery, platform)
    expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['running', { state: 'routed' }, [{ frozen: false }]])
  })

  test('a crash after the thaw is made good by the next delivery', async () => {
    const { platform, id, hit, run, status } = await paused()
    vi.spyOn(platform.store, 'append').mockRejectedValueOnce(failure('STORE_UNAVAILABLE', { reason: 'crashed' }))
    await hit(id)
    await run()
    expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['running', { state: 'routed' }, [{ frozen: false }]])
  })

  test('its slot has died: that is told, and a new claim serves the visitor', async () => {
    const { platform, id, hit, run, status } = await paused()
    await platform.agents.kill(`${id}-1`)
    await hit(id)
    await run()
    expect((await told(platform)).slice(-3)).toEqual(['InstanceLost', 'ClaimRequested', 'InstanceStarted'])
    expect([await status(id), await platform.routes.get(id)]).toMatchObject(['running', { state: 'routed', claimId: `${id}-2` }])
  })

  test('an agent that does not answer is asked again', async () => {
    const { platform, id, hit, run, status, parked } = await paused()
    vi.spyOn(platform.agents, 'thaw').mockRejectedValueOnce(failure('AGENT_UNAVAILABLE', { node: 'node-1', reason: 'timeout' }))
    await hit(id)
    await run()
    expect([await status(id), parked]).toEqual(['running', []])
  })
})

describe('a hit on a hibernated deployment', () => {
  test('asks for a new claim, which counts from when the visitor came', async () => {
    const { platform, id, hit, run, newest, status } = await hibernated()
    await hit(id)
    platform.advance(12)
    await run()
    expect([await status(id), platform.agents.held()]).toMatchObject(['running', [{ claimId: `${id}-2`, frozen: false }]])
    expect(await newest('InstanceStarted')).toMatchObject({ data: { reason: 'wake', wakeMs: 12 } })
  })

  test('hits in a crowd ask for one claim', async () => {
    const { platform, id, hit, run } = await hibernated()
    await hit(id)
    await run({ deliveries: 1 })
    await hit(id)
    await run()
    expect((await told(platform)).filter((type) => type === 'ClaimRequested')).toHaveLength(2)
  })
})

describe('a hit on anything else', () => {
  test('running: the route is written again, for whoever has lost it', async () => {
    const { platform, id, hit, run } = await asleep(0)
    const put = vi.spyOn(platform.routes, 'put')
    await hit(id)
    await run()
    expect(put.mock.calls).toMatchObject([[{ state: 'routed', claimId: `${id}-1` }]])
    expect(await told(platform)).not.toContain('InstanceResumed')
  })

  test.each([['stop', 'stopped'], ['delete', 'deleted']])('%s: nothing wakes it', async (command, status) => {
    const { platform, api, id, run, status: statusOf } = await paused()
    await (command === 'delete' ? api('DELETE', `/${id}`) : api('POST', `/${id}/stop`))
    await run()
    const before = await told(platform)
    for (const claimId of [`${id}-1`, null]) {
      await platform.hits.publish({ deploymentId: id, claimId, since: now(platform) })
      await run()
    }
    expect([await statusOf(id), await told(platform), platform.agents.held()]).toEqual([status, before, []])
  })

  test('by a visitor who knows only the claim before: the newest is woken', async () => {
    const { platform, api, id, run, pass, status } = await paused()
    await api('POST', `/${id}/restart`)
    await run()
    await pass(10_000)
    expect(await status(id)).toBe('paused')
    await platform.hits.publish({ deploymentId: id, claimId: `${id}-1`, since: now(platform) })
    await run()
    expect(await status(id)).toBe('running')
  })

  test('by a visitor who knows no claim: the newest is woken', async () => {
    const { platform, id, run, status } = await paused()
    await platform.hits.publish({ deploymentId: id, claimId: null, since: now(platform) })
    await run()
    expect(await status(id)).toBe('running')
  })

  test('a deployment nobody has heard of: nothing', async () => {
    const { platform, run, parked } = playground()
    await platform.hits.publish({ deploymentId: 'unknown', claimId: null, since: now(platform) })
    await run()
    expect([await told(platform), parked]).toEqual([[], []])
  })

  test('failed: its owner has to start it', async () => {
    const { platform, request, hit, run, status } = playground()
    platform.agents.free = 0
    const id = await request()
    await run()
    platform.agents.free = 1
    await hit(id)
    await run()
    expect([await status(id), await platform.routes.get(id)]).toMatchObject(['failed', { state: 'failed' }])
  })
})

describe('what a sleeping instance owes', () => {
  test.each([['paused', 10], ['hibernated', 110]])('wakes it when it is due: %s', async (status, seconds) => {
    const { platform, request, run, pass, status: statusOf } = playground()
    const id = await request('demo', SETTINGS)
    await run()
    const dueAt = new Date(Date.parse(now(platform)) + 200_000).toISOString()
    platform.agents.quiet = { state: 'frozen', dueAt }
    await pass(seconds * 1000)
    expect(await statusOf(id)).toBe(status)
    platform.agents.quiet = { state: 'frozen', dueAt: null }
    await pass(200_000 - seconds * 1000)
    expect([await statusOf(id), await platform.routes.get(id)]).toMatchObject(['running', { state: 'routed' }])
  })

  test('does not wake the claim after it', async () => {
    const { platform, api, id, run, pass, status } = await paused()
    await platform.timers.schedule(`wake.${id}-1`, '2026-01-01T01:00:00.000Z', { type: 'WakeDue', data: { deploymentId: id, claimId: `${id}-1` } }, { correlationId: 'c', actor: 'function:idle' })
    await api('POST', `/${id}/restart`)
    await run()
    await pass(50_000)
    const before = await status(id)
    platform.advance(Date.parse('2026-01-01T01:00:00.000Z') - Date.parse(now(platform)))
    await run()
    expect([before, (await told(platform)).filter((type) => type === 'InstanceResumed' || type === 'ClaimRequested')]).toEqual(['paused', ['ClaimRequested', 'ClaimRequested']])
  })
})

test('the owner resumes: by thaw from pause, by a new claim from hibernation', async () => {
  for (const [sleep, events] of [[paused, ['ResumeRequested', 'InstanceResumed']], [hibernated, ['ClaimRequested', 'InstanceStarted']]] as const) {
    const { platform, api, id, run, status } = await sleep()
    expect((await api('POST', `/${id}/resume`)).json.status).toBe('waking')
    await run()
    expect([await status(id), (await told(platform)).slice(-2)]).toEqual(['running', events])
  }
})
