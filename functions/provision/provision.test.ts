import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../events/errors.ts'
import { deliver, deliveryOfEvent } from '../../infra/platform/testing/deliver.ts'
import { playground, told } from '../testing/playground.ts'
import { REACTIONS } from '../testing/reactions.ts'

const crashed = () => failure('STORE_UNAVAILABLE', { reason: 'crashed' })

describe('a claim that was requested', () => {
  test('becomes a running instance with a slot and a route, and says how long that took', async () => {
    const { platform, request, redeliver, newest, status } = playground()
    const id = await request('demo')
    platform.advance(40)
    await redeliver('provision', 'ClaimRequested')
    expect(await status(id)).toBe('running')
    expect(platform.agents.held()).toEqual([{ claimId: `${id}-1`, deploymentId: id, node: 'node-1', frozen: false }])
    const started = await newest('InstanceStarted')
    expect(started).toMatchObject({ data: { reason: 'create', wakeMs: 40 }, metadata: { actor: 'function:provision', causationId: (await newest('ClaimRequested')).id } })
    expect(await platform.routes.get(id)).toEqual({
      deploymentId: id, name: 'demo', claimId: `${id}-1`, state: 'routed', address: '127.0.0.1:20001', reason: null, sequence: started.position,
    })
  })

  test('delivered twice, it is one slot and one event', async () => {
    const { platform, request, redeliver } = playground()
    await request()
    await redeliver('provision', 'ClaimRequested')
    const before = [await told(platform), platform.agents.calls, new Map(platform.routes.all)]
    await redeliver('provision', 'ClaimRequested')
    expect([await told(platform), platform.agents.calls, platform.routes.all]).toEqual(before)
  })

  test('that nobody can find takes nothing from the one that serves', async () => {
    const { platform, request, redeliver, run, newest } = playground()
    const id = await request()
    await run()
    const before = [await told(platform), platform.agents.held()]
    const claim = await newest('ClaimRequested')
    const early = { ...deliveryOfEvent(claim), id: 'beyond', revision: claim.revision + 8 }
    await expect(deliver(REACTIONS.provision, early, platform)).rejects.toMatchObject({ code: 'WRONG_EXPECTED_REVISION' })
    expect([await told(platform), platform.agents.held()]).toEqual(before)
    await redeliver('provision', 'ClaimRequested')
    expect([await told(platform), platform.agents.held(), platform.agents.held()[0]?.deploymentId]).toEqual([...before, id])
  })

  test.each(['append', 'route'] as const)('a crash before the %s is made good by the next delivery', async (point) => {
    const { platform, request, redeliver, status } = playground()
    const id = await request()
    if (point === 'append') vi.spyOn(platform.store, 'append').mockRejectedValueOnce(crashed())
    else vi.spyOn(platform.routes, 'put').mockRejectedValueOnce(crashed())
    await expect(redeliver('provision', 'ClaimRequested')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect([platform.agents.held().length, (await platform.routes.get(id))?.state]).toEqual([1, 'asleep'])
    await redeliver('provision', 'ClaimRequested')
    expect([await status(id), platform.agents.held().length, await platform.routes.get(id)]).toMatchObject(['running', 1, { state: 'routed' }])
  })

  test('two deliveries at once, each on a node of its own: one slot is given back', async () => {
    const { platform, request, redeliver } = playground({ nodes: ['node-1', 'node-2'] })
    const id = await request()
    const claim = vi.spyOn(platform.agents, 'claim').mockImplementation(async (node) => ({ node, slot: `slot-${node}`, address: '127.0.0.1:1' }))
    vi.spyOn(platform.agents, 'candidates').mockReturnValueOnce(platform.agents.candidates('small').toReversed())
    await Promise.all([redeliver('provision', 'ClaimRequested'), redeliver('provision', 'ClaimRequested')])
    expect(claim.mock.calls.map(([node]) => node).sort()).toEqual(['node-1', 'node-2'])
    const kept = (await platform.instances.current(`${id}-1`))?.instance.node
    const other = kept === 'node-1' ? 'node-2' : 'node-1'
    expect(platform.agents.calls).toEqual([`release ${other} ${id}-1 force`])
    expect(await told(platform)).toEqual(['DeploymentRequested', 'ClaimRequested', 'NameReserved', 'InstanceStarted'])
  })
})

describe('when no slot is free', () => {
  test('it is tried again, and succeeds as soon as there is one', async () => {
    const { platform, request, redeliver, status } = playground()
    const id = await request()
    platform.agents.free = 0
    await expect(redeliver('provision', 'ClaimRequested', 7)).rejects.toMatchObject({ code: 'NO_SLOT_FREE', kind: 'transient' })
    expect([await status(id), await told(platform)]).toMatchObject(['starting', ['DeploymentRequested', 'ClaimRequested', 'NameReserved', 'SlotsExhausted']])
    platform.agents.free = 1
    await redeliver('provision', 'ClaimRequested', 8)
    expect(await status(id)).toBe('running')
  })

  test('in the end it has failed, with a reason that the visitor sees, and its owner may start it', async () => {
    const { platform, api, run, request, status, parked } = playground()
    platform.agents.free = 0
    const id = await request()
    await run()
    const reason = 'No warm slot is free on any node; try again in 5 seconds.'
    expect([await status(id), await platform.routes.get(id)]).toMatchObject(['failed', { state: 'failed', reason, address: null }])
    expect(parked).toEqual([])
    platform.agents.free = 1
    expect((await api('POST', `/${id}/start`)).status).toBe(202)
    await run()
    expect([await status(id), await platform.routes.get(id)]).toMatchObject(['running', { state: 'routed' }])
  })

  test('a failure whose route was not written still says why at the next delivery', async () => {
    const { platform, request, redeliver } = playground()
    platform.agents.free = 0
    const id = await request()
    vi.spyOn(platform.routes, 'put').mockRejectedValueOnce(crashed())
    await expect(redeliver('provision', 'ClaimRequested', 8)).rejects.toThrow('crashed')
    await redeliver('provision', 'ClaimRequested', 9)
    expect(await platform.routes.get(id)).toMatchObject({ state: 'failed', reason: expect.stringContaining('No warm slot') as string })
  })

  test('a node that does not answer is passed over', async () => {
    const { platform, request, redeliver } = playground({ nodes: ['node-1', 'node-2'] })
    await request()
    vi.spyOn(platform.agents, 'claim').mockRejectedValueOnce(failure('AGENT_UNAVAILABLE', { node: 'node-1', reason: 'timeout' }))
    await redeliver('provision', 'ClaimRequested')
    expect(platform.agents.held()).toMatchObject([{ node: 'node-2' }])
  })
})

describe('a restart', () => {
  const restarting = async () => {
    const world = playground()
    const id = await world.request()
    await world.run()
    await world.api('POST', `/${id}/restart`)
    return { ...world, id }
  }

  test('gives the old slot back before the new one is claimed', async () => {
    const { platform, id, redeliver, status } = await restarting()
    await redeliver('provision', 'ClaimRequested')
    expect(platform.agents.calls).toEqual([`claim node-1 ${id}-1`, `release node-1 ${id}-1`, `claim node-1 ${id}-3`])
    expect([await status(id), await told(platform)]).toMatchObject(['running', expect.arrayContaining(['InstanceReleased', 'InstanceStarted'])])
    expect(await platform.routes.get(id)).toMatchObject({ state: 'routed', claimId: `${id}-3` })
  })

  test('waits for requests in flight, then cuts them off', async () => {
    const { platform, id, redeliver, newest } = await restarting()
    platform.edges.quiescedNow = { state: 'busy', reason: 'a WebSocket is open' }
    await expect(redeliver('provision', 'ClaimRequested', 5)).rejects.toMatchObject({ code: 'EDGE_UNAVAILABLE' })
    expect(platform.agents.held()).toMatchObject([{ claimId: `${id}-1` }])
    await redeliver('provision', 'ClaimRequested', 6)
    expect((await newest('InstanceReleased')).data).toMatchObject({ reason: 'restart', cutOff: 'a WebSocket is open' })
    expect(platform.agents.held()).toMatchObject([{ claimId: `${id}-3` }])
  })

  test('that was stopped and started again before it was acted on leaves no slot behind', async () => {
    const { platform, api, id, redeliver, run, status } = await restarting()
    await api('POST', `/${id}/stop`)
    await redeliver('retire', 'StopRequested')
    expect([await status(id), platform.agents.held()]).toEqual(['stopped', []])
    await api('POST', `/${id}/start`)
    await run()
    expect([await status(id), platform.agents.held()]).toMatchObject(['running', [{ claimId: `${id}-7` }]])
  })
})

describe('an owner who changes their mind while it starts', () => {
  test('before the slot is claimed: it is not', async () => {
    const { platform, api, request, run, status } = playground()
    const id = await request()
    await api('POST', `/${id}/stop`)
    await run()
    expect([await status(id), platform.agents.calls.filter((call) => call.startsWith('claim')), await platform.routes.get(id)]).toMatchObject(['stopped', [], { state: 'stopped' }])
  })

  test.each(['stop', 'delete'])('while the slot is claimed (%s): it is given back', async (command) => {
    const { platform, api, request, run, redeliver, status } = playground()
    const id = await request()
    const { claim } = platform.agents
    vi.spyOn(platform.agents, 'claim').mockImplementationOnce(async (...args) => {
      await (command === 'stop' ? api('POST', `/${id}/stop`) : api('DELETE', `/${id}`))
      await redeliver('retire', command === 'stop' ? 'StopRequested' : 'DeletionRequested')
      return claim(...args)
    })
    await redeliver('provision', 'ClaimRequested')
    expect(platform.agents.held()).toEqual([])
    await run()
    expect([await status(id), platform.agents.held(), await told(platform)]).toMatchObject([command === 'stop' ? 'stopped' : 'deleted', [], expect.arrayContaining(['InstanceReleased'])])
    expect(await platform.routes.get(id)).toMatchObject({ state: command === 'stop' ? 'stopped' : 'deleted' })
  })

  test('and the slot would not let go at once: the next delivery sees to it', async () => {
    const { platform, api, request, redeliver } = playground()
    const id = await request()
    const { claim } = platform.agents
    vi.spyOn(platform.agents, 'claim').mockImplementationOnce(async (...args) => {
      await api('POST', `/${id}/stop`)
      await redeliver('retire', 'StopRequested')
      return claim(...args)
    })
    platform.agents.quiet = { state: 'busy', reason: 'one request in flight' }
    await expect(redeliver('provision', 'ClaimRequested')).rejects.toMatchObject({ code: 'AGENT_UNAVAILABLE' })
    platform.agents.quiet = { state: 'frozen', dueAt: null }
    await redeliver('provision', 'ClaimRequested', 2)
    expect(platform.agents.held()).toEqual([])
  })

  test('and the slot was claimed by a delivery that crashed: it is given back', async () => {
    const { platform, api, request, redeliver } = playground()
    const id = await request()
    vi.spyOn(platform.store, 'append').mockRejectedValueOnce(crashed())
    await expect(redeliver('provision', 'ClaimRequested')).rejects.toThrow('crashed')
    expect(platform.agents.held()).toHaveLength(1)
    await api('POST', `/${id}/stop`)
    await redeliver('retire', 'StopRequested')
    await redeliver('provision', 'ClaimRequested')
    expect(platform.agents.held()).toEqual([])
  })
})
