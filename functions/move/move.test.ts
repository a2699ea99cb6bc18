import { describe, expect, test, vi } from 'vitest'
import { requestDrain, returned } from '../../events/drain/decide.ts'
import type { DrainEvent } from '../../events/drain/events.ts'
import { evolve } from '../../events/drain/state.ts'
import { failure } from '../../events/errors.ts'
import { caused } from '../../infra/aggregates/append.ts'
import { METADATA } from '../../infra/platform/testing/given.ts'
import { now } from '../../infra/platform/port.ts'
import { expectAtRest, expectLegalHistory } from '../testing/invariants.ts'
import { playground, told } from '../testing/playground.ts'

const LONG = { pauseAfterSeconds: 80_000 }

/** A playground of two nodes with deployments on the first one. */
const world = async (count = 1) => {
  const made = playground({ nodes: ['node-1', 'node-2'] })
  const { platform, request, run } = made
  platform.agents.drained.add('node-2')
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) ids.push(await request(`demo-${index}`, LONG))
  await run()
  platform.agents.drained.delete('node-2')
  const say = async (decision: (today: ReturnType<typeof evolve>) => readonly DrainEvent[]) => {
    const newest = await platform.store.last<DrainEvent>('drain.node-1')
    const events = decision(newest && evolve(null, newest))
    await platform.store.append('drain.node-1', caused(events, `said at ${newest?.revision ?? 'first'}`, METADATA), newest?.revision ?? 'none')
  }
  return {
    ...made,
    ids,
    id: ids[0] ?? '',
    drain: () => say((today) => requestDrain({ node: 'node-1', cause: 'operator', at: now(platform) }, today)),
    back: () => say((today) => returned({ at: now(platform) }, today)),
    nodesOf: () => platform.agents.held().map(({ node }) => node),
    types: async () => (await told(platform)).filter((type) => !['DeploymentRequested', 'NameReserved'].includes(type)),
  }
}
const crashed = () => failure('STORE_UNAVAILABLE', { reason: 'crashed' })

describe('a node that is drained', () => {
  test('gives what runs to another one: a slot is set aside, visitors are held, the slot is given back, the next one takes over', async () => {
    const { platform, id, drain, run, pass, types, status } = await world()
    await drain()
    const calls = platform.agents.calls.length
    await run()
    expect(await status(id)).toBe('running')
    expect(platform.agents.calls.slice(calls).filter((call) => !call.startsWith('drain'))).toEqual([`reserve node-2 ${id}`, `release node-1 ${id}-1`, `claim node-2 ${id}-2`])
    expect(platform.edges.held).toMatchObject([{ deploymentId: id, claimId: `${id}-1` }])
    await pass(2_000)
    expect(await types()).toEqual(['ClaimRequested', 'InstanceStarted', 'NodeDrainRequested', 'ClaimRequested', 'InstanceReleased', 'InstanceStarted', 'NodeDrained'])
    expect(await platform.routes.get(id)).toMatchObject({ state: 'routed', claimId: `${id}-2` })
    await expectLegalHistory(platform, id)
    await expectAtRest(platform, id, ['running'])
  })

  test('takes no claims, and takes them again when it is back', async () => {
    const { platform, drain, back, pass, request, run, nodesOf } = await world(0)
    await drain()
    await pass(2_000)
    await request('elsewhere', LONG)
    await run()
    expect(nodesOf()).toEqual(['node-2'])
    await back()
    await run()
    expect(platform.agents.drained).toEqual(new Set())
    expect(platform.timers.next()).not.toBe(null) // of the deployment
    expect(platform.timers.scheduled.has('drain.node-1')).toBe(false)
  })

  test('wakes nobody for it: what is paused hibernates, and comes up elsewhere with its next visitor', async () => {
    const { platform, api, id, drain, pass, hit, run, status, nodesOf, types } = await world()
    await api('POST', `/${id}/pause`)
    await run()
    await drain()
    await pass(3_000)
    expect([await status(id), nodesOf(), platform.agents.calls.filter((call) => call.startsWith('thaw'))]).toEqual(['hibernated', [], []])
    expect((await types()).slice(-3)).toEqual(['HibernateRequested', 'InstanceHibernated', 'NodeDrained'])
    await hit(id)
    await run()
    expect([await status(id), nodesOf()]).toEqual(['running', ['node-2']])
    await expectLegalHistory(platform, id)
  })

  test('moves a few at a time, all in the end, and says so when it is empty', async () => {
    const { platform, ids, drain, pass, run, nodesOf, types } = await world(11)
    await drain()
    await run()
    expect(nodesOf().filter((node) => node === 'node-2')).toHaveLength(platform.settings.moves.atOnce)
    await pass(6_000)
    expect(nodesOf()).toEqual(ids.map(() => 'node-2'))
    expect((await types()).at(-1)).toBe('NodeDrained')
  })

  test('that is back before it is empty keeps what it has', async () => {
    const { drain, back, pass, run, nodesOf } = await world(6)
    await drain()
    await run()
    await back()
    await pass(10_000)
    expect(nodesOf().filter((node) => node === 'node-1')).toHaveLength(2)
  })

  test('moves what was on its way to it when it was found empty', async () => {
    const { platform, drain, pass, request, run, nodesOf } = await world(0)
    await drain()
    await pass(2_000)
    platform.agents.drained.clear()
    platform.agents.drained.add('node-2')
    await request('late', LONG)
    await run()
    expect(nodesOf()).toEqual(['node-1'])
    platform.agents.drained.clear()
    await platform.timers.schedule('heal.sweep', now(platform), { type: 'HealDue', data: { cursor: null, spent: null } }, METADATA)
    await pass(2_000)
    expect(nodesOf()).toEqual(['node-2'])
  })

  test('whose agent has missed that it is in use again hears of it from healing', async () => {
    const { platform, drain, back, run, pass, request, nodesOf } = await world(0)
    await drain()
    await pass(2_000)
    platform.agents.away.add('node-1').add('node-2')
    await back()
    await run()
    platform.agents.away.clear()
    expect(platform.agents.drained).toEqual(new Set(['node-1']))
    await platform.timers.schedule('heal.sweep', now(platform), { type: 'HealDue', data: { cursor: null, spent: null } }, METADATA)
    await run()
    expect(platform.agents.drained).toEqual(new Set())
    await request('there', LONG)
    await run()
    expect(nodesOf()).toHaveLength(1)
  })

  test('whose agent does not answer is looked at again; one that is lost for good holds nothing', async () => {
    const { platform, drain, run, pass, nodesOf, types } = await world()
    platform.agents.away.add('node-1')
    await drain()
    await pass(20_000)
    expect([nodesOf(), (await types()).includes('NodeDrained')]).toEqual([['node-1'], false])
    platform.agents.away.delete('node-1')
    await pass(6_000)
    await run()
    expect([nodesOf(), (await types()).at(-1)]).toEqual([['node-2'], 'NodeDrained'])
  })
})

describe('a move', () => {
  test('waits for a slot, and what serves goes on; that there was none is told', async () => {
    const { platform, id, drain, run, pass, status, types } = await world()
    platform.agents.free = 1
    await drain()
    await run()
    expect([await status(id), platform.agents.held()]).toMatchObject(['upgrading', [{ node: 'node-1', frozen: false }]])
    expect(await platform.routes.get(id)).toMatchObject({ state: 'routed', claimId: `${id}-1` })
    expect(platform.edges.held).toEqual([])
    expect((await types()).at(-1)).toBe('SlotsExhausted')
    platform.agents.free = 9
    await pass(6_000)
    expect([await status(id), platform.agents.held()]).toMatchObject(['running', [{ node: 'node-2' }]])
  })

  test('waits for what is in flight, and cuts it off when its time is up; that is told', async () => {
    const { platform, id, drain, run, pass, status, newest } = await world()
    platform.edges.quiescedNow = { state: 'busy', reason: '1 request is in flight' }
    await drain()
    await run()
    await pass(50_000)
    expect([await status(id), platform.agents.held()]).toMatchObject(['upgrading', [{ node: 'node-1' }]])
    await pass(15_000)
    expect([await status(id), platform.agents.held()]).toMatchObject(['running', [{ node: 'node-2' }]])
    expect((await newest('InstanceReleased')).data).toMatchObject({ reason: 'drain', cutOff: '1 request is in flight' })
    await expectLegalHistory(platform, id)
  })

  test('brings nobody back to the slot that is to be followed: who waits is let on by the next one', async () => {
    const { platform, id, drain, hit, run } = await world()
    platform.edges.quiescedNow = { state: 'busy', reason: '1 request is in flight' }
    await drain()
    await run()
    const calls = platform.agents.calls.length
    await hit(id)
    await run()
    expect(platform.agents.calls.slice(calls)).toEqual([])
  })

  test('of a slot that dies meanwhile begins with nothing to give back', async () => {
    const { platform, id, drain, run, pass, status } = await world()
    platform.agents.free = 1
    await drain()
    await run()
    await platform.agents.kill(`${id}-1`)
    await pass(6_000)
    expect([await status(id), platform.agents.held()]).toMatchObject(['running', [{ node: 'node-2', claimId: `${id}-2` }]])
  })

  test.each(['stop', 'restart'])('gives way to a %s', async (command) => {
    const { platform, api, id, drain, run, pass } = await world()
    platform.agents.free = 1
    await drain()
    await run()
    const { status } = await api('POST', `/${id}/${command}`)
    expect(status).toBe(command === 'stop' ? 202 : 409)
    platform.agents.free = 9
    await pass(70_000)
    await expectAtRest(platform, id, ['running'])
    await expectLegalHistory(platform, id)
  })

  test.each(['append', 'route', 'claim', 'release'] as const)('that crashes at a %s goes on with the next delivery', async (point) => {
    const { platform, id, drain, redeliver, run, pass, status, nodesOf } = await world()
    await drain()
    await redeliver('move', 'NodeDrainRequested')
    const fails = {
      append: () => vi.spyOn(platform.store, 'append'), route: () => vi.spyOn(platform.routes, 'put'),
      claim: () => vi.spyOn(platform.agents, 'claim'), release: () => vi.spyOn(platform.agents, 'release'),
    }[point]()
    fails.mockRejectedValueOnce(crashed())
    await run()
    await pass(70_000)
    expect([await status(id), nodesOf()]).toEqual(['running', ['node-2']])
    await expectAtRest(platform, id, ['running'])
  })

  test('delivered twice at any step is one move', async () => {
    for (let seed = 1; seed < 20; seed += 1) {
      const { platform, id, drain, run, pass, status, types } = await world()
      let random = seed
      const next = () => (random = (random * 48_271) % 2_147_483_647)
      await drain()
      const how = { pick: (waiting: number) => next() % waiting, again: () => next() % 3 === 0 }
      await run(how)
      await pass(8_000, how)
      expect([await status(id), (await types()).filter((type) => type === 'ClaimRequested').length]).toEqual(['running', 2])
      await expectAtRest(platform, id, ['running'])
      await expectLegalHistory(platform, id)
    }
  })
})

describe('a slot of an old generation', () => {
  const wish = async ({ platform, id }: Awaited<ReturnType<typeof world>>, claimId = `${id}-1`) =>
    platform.timers.schedule(`move.${claimId}`, now(platform), { type: 'MoveDue', data: { deploymentId: id, claimId, reason: 'upgrade' } }, METADATA)

  test('is followed by a newer one', async () => {
    const made = await world()
    await wish(made)
    await made.run()
    expect((await made.newest('InstanceStarted')).data).toMatchObject({ reason: 'upgrade', claimId: `${made.id}-2` })
    expect((await made.newest('InstanceReleased')).data).toMatchObject({ reason: 'upgrade', claimId: `${made.id}-1`, cutOff: null })
  })

  test('is found by healing', async () => {
    const made = await world()
    const { platform, run, newest } = made
    const claims = platform.agents.claims
    vi.spyOn(platform.agents, 'claims').mockImplementation(async (node) => (await claims(node)).map((held) => ({ ...held, outdated: held.claimId === `${made.id}-1` })))
    for (const _ of [1, 2]) {
      await platform.timers.schedule('heal.sweep', now(platform), { type: 'HealDue', data: { cursor: null, spent: null } }, METADATA)
      await run()
    }
    expect((await newest('InstanceStarted')).data).toMatchObject({ reason: 'upgrade', claimId: `${made.id}-2` })
    expect((await made.types()).filter((type) => type === 'ClaimRequested')).toHaveLength(2)
  })

  test('that is not the one in use any more, or unknown, changes nothing', async () => {
    const made = await world()
    await wish(made)
    await made.run()
    const before = await made.types()
    await wish(made)
    await wish(made, 'nobody-3')
    await made.run()
    expect(await made.types()).toEqual(before)
  })
})
