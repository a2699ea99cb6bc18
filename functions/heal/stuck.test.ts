import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../events/errors.ts'
import { EDGES_COMING_BACK } from '../../infra/edge/port.ts'
import type { ClaimRequest } from '../../infra/agent/port.ts'
import { told } from '../testing/playground.ts'
import { expectAtRest } from '../testing/invariants.ts'
import { healing } from './testing.ts'

const poison = () => failure('MALFORMED_EVENT', { type: 'x', reason: 'poison' })

describe('what was begun and never ended', () => {
  test('a start: the claim is made after all', async () => {
    const { platform, request, run, sweep, status } = await healing()
    const id = await request()
    vi.spyOn(platform.instances, 'current').mockRejectedValueOnce(poison())
    await run()
    expect(await status(id)).toBe('starting')
    platform.advance(60_000)
    await sweep()
    expect(await status(id)).toBe('starting') // it may still be on its way
    platform.advance(1)
    await sweep()
    expect(await status(id)).toBe('running')
    await expectAtRest(platform, id, ['running'])
  })

  test.each(['stop', 'delete'])('a %s: it is ended', async (command) => {
    const { platform, api, running, run, sweep, status } = await healing()
    const [id = ''] = await running(1)
    await (command === 'stop' ? api('POST', `/${id}/stop`) : api('DELETE', `/${id}`))
    vi.spyOn(platform.edges, 'quiesce').mockRejectedValueOnce(poison())
    await run()
    expect(await status(id)).toBe(command === 'stop' ? 'stopping' : 'deleting')
    platform.advance(60_001)
    await sweep()
    expect([await status(id), platform.agents.held()]).toEqual([command === 'stop' ? 'stopped' : 'deleted', []])
  })

  test.each(['pause', 'hibernate'])('a %s: it stays awake', async (command) => {
    const { platform, api, running, run, sweep, status } = await healing()
    const [id = ''] = await running(1)
    await api('POST', `/${id}/${command}`)
    vi.spyOn(platform.edges, 'quiesce').mockRejectedValueOnce(poison())
    await run()
    expect(await status(id)).toBe(command === 'pause' ? 'pausing' : 'hibernating')
    platform.advance(60_001)
    await sweep()
    expect(await status(id)).toBe('running')
    await expectAtRest(platform, id, ['running'])
  })

  test('a resumption: it is woken', async () => {
    const { platform, api, running, run, sweep, status } = await healing()
    const [id = ''] = await running(1)
    await api('POST', `/${id}/pause`)
    await run()
    await api('POST', `/${id}/resume`)
    vi.spyOn(platform.agents, 'thaw').mockRejectedValueOnce(poison())
    await run()
    expect(await status(id)).toBe('waking')
    platform.advance(60_001)
    await sweep()
    expect(await status(id)).toBe('running')
  })
})

describe('a sleep that its owner asked for', () => {
  test.each([['pause', 'paused'], ['hibernate', 'hibernated']])('(%s) and that came just after the broker is asked for again', async (command, asleep) => {
    const { platform, api, running, run, pass, status } = await healing()
    const [id = ''] = await running(1)
    await api('POST', `/${id}/${command}`)
    platform.edges.quiescedNow = { state: 'busy', reason: EDGES_COMING_BACK }
    await run()
    platform.edges.quiescedNow = { state: 'quiesced', requests: 0 }
    expect(await status(id)).toBe('running')
    await pass(9_999)
    expect(await status(id)).toBe('running')
    await pass(1)
    expect(await status(id)).toBe(asleep)
  })

  test('is not, when it was abandoned for somebody who came', async () => {
    const { platform, api, running, run, pass, status } = await healing()
    const [id = ''] = await running(1)
    await api('POST', `/${id}/pause`)
    platform.edges.quiescedNow = { state: 'busy', reason: 'one request in flight' }
    await run()
    platform.edges.quiescedNow = { state: 'quiesced', requests: 0 }
    await pass(30_000)
    expect(await status(id)).toBe('running')
  })
})

describe('slots and instances that do not know of each other', () => {
  const claimNobodyTold = async (world: Awaited<ReturnType<typeof healing>>, id: string, epoch: number): Promise<string> => {
    const { name, plan, settings, generation } = (await world.platform.deployments.load(id)).deployment
    const claim: ClaimRequest = { claimId: `${id}-${epoch}`, deploymentId: id, epoch, name, plan, settings, generation, baseUrl: 'http://demo.test' }
    await world.platform.agents.claim('node-2', claim)
    return claim.claimId
  }

  test('a slot held for a claim that nobody asked for is ended, once it cannot be on its way', async () => {
    const world = await healing()
    const { platform, running, sweep } = world
    const [id = ''] = await running(1)
    const orphan = await claimNobodyTold(world, id, 77)
    await sweep()
    expect(platform.agents.held().map(({ claimId }) => claimId)).toContain(orphan)
    platform.advance(30_000)
    await sweep()
    expect(platform.agents.held().map(({ claimId }) => claimId)).toEqual([`${id}-1`])
  })

  test('a slot whose deployment starts is left to it', async () => {
    const world = await healing()
    const { platform, running, api, sweep } = world
    const [id = ''] = await running(1)
    await api('POST', `/${id}/restart`)
    const { deployment: { epoch } } = await platform.deployments.load(id)
    const begun = await claimNobodyTold(world, id, epoch ?? 0)
    platform.advance(50_000)
    vi.spyOn(platform.agents, 'release')
    await sweep()
    expect(platform.agents.release).not.toHaveBeenCalledWith('node-2', begun, expect.anything())
    await expectAtRest(platform, id, ['running'])
  })

  test('an instance of which its agent knows nothing is lost, and comes back', async () => {
    const { platform, running, sweep, status } = await healing()
    const [id = ''] = await running(1)
    await platform.agents.kill(`${id}-1`)
    platform.advance(29_999)
    await sweep()
    expect(await told(platform)).not.toContain('InstanceLost')
    platform.advance(1)
    await sweep()
    expect([await status(id), (await told(platform)).filter((type) => type === 'InstanceLost')]).toEqual(['running', ['InstanceLost']])
    await expectAtRest(platform, id, ['running'])
  })
})

describe('a sweep', () => {
  test('writes routes that are missing', async () => {
    const { platform, running, sweep } = await healing()
    const [id = ''] = await running(1)
    const before = await platform.routes.get(id)
    ;(platform.routes.all as Map<string, unknown>).clear()
    await sweep()
    expect(await platform.routes.get(id)).toEqual(before)
  })

  test('brings back what had failed for want of a slot, when there is one', async () => {
    const { platform, request, run, sweep, status } = await healing()
    platform.agents.free = 0
    const id = await request()
    await run()
    expect(await status(id)).toBe('failed')
    platform.agents.free = 5
    platform.advance(30_001)
    await sweep()
    expect(await status(id)).toBe('running')
  })

  test('is followed by another, whatever it meets', async () => {
    const { platform, running, sweep, pass, status } = await healing()
    const [id = ''] = await running(1)
    await platform.agents.kill(`${id}-1`)
    platform.advance(30_000)
    vi.spyOn(platform.agents, 'signsOfLife').mockRejectedValueOnce(failure('STORE_UNAVAILABLE', { reason: 'away' }))
    await sweep()
    expect([await status(id), platform.timers.scheduled.get('heal.sweep')]).toMatchObject(['running', { at: '2026-01-01T00:00:40.000Z' }])
    expect(await told(platform)).not.toContain('InstanceLost')
    await pass(10_000)
    expect(await told(platform)).toContain('InstanceLost')
  })

  test('reads a bounded part of history, and the next reads on', async () => {
    const { platform, running, sweep, pass } = await healing()
    await running(200) // two events each
    const find = vi.spyOn(platform.deployments, 'find')
    await sweep()
    expect(find).toHaveBeenCalledTimes(150)
    expect(platform.timers.scheduled.get('heal.sweep')?.message).toMatchObject({ data: { cursor: expect.stringMatching(/^\d+$/) as string } })
    await pass(10_000)
    expect(new Set(find.mock.calls.map(([id]) => id)).size).toBe(200)
    expect(platform.timers.scheduled.get('heal.sweep')?.message).toMatchObject({ data: { cursor: null } })
  })
})
