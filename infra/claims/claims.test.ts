import { describe, expect, test, vi } from 'vitest'
import * as decide from '../../events/deployment/decide.ts'
import { DEFAULT_SETTINGS } from '../../events/deployment/settings.ts'
import { failure } from '../../events/errors.ts'
import * as instance from '../../events/instance/decide.ts'
import { testPlatform } from '../platform/testing.ts'
import { causeOfTest, givenDeployment, givenRunning, METADATA } from '../platform/testing/given.ts'
import { newestBegun } from './begun.ts'
import { tellFreeAgain } from './capacity.ts'
import { claimSlot } from './claim.ts'
import { wakeDueAt, wakeIfHit } from './look-again.ts'
import { orLost } from './lost.ts'
import { releaseClaim } from './release.ts'
import { routeOfInstance } from './route.ts'

const AT = '2026-01-01T00:00:01.000Z'
const REQUEST = { claimId: 'd-1', deploymentId: 'd', epoch: 1, name: 'demo', plan: 'small', settings: DEFAULT_SETTINGS, generation: 1, baseUrl: 'http://demo.test' } as const

describe('claiming', () => {
  test('asks the nodes in their order until one has a slot', async () => {
    const on = testPlatform({ nodes: ['node-1', 'node-2', 'node-3'] })
    vi.spyOn(on.agents, 'claim')
      .mockRejectedValueOnce(failure('NO_SLOT_FREE', { retryAfterSeconds: 5 }))
      .mockRejectedValueOnce(failure('CREDENTIALS_UNAVAILABLE', { reason: 'timeout' }))
    expect((await claimSlot(REQUEST, causeOfTest(), on)).node).toBe('node-3')
  })

  test('nobody has one: the caller is told when to come again', async () => {
    const on = testPlatform()
    on.agents.free = 0
    await expect(claimSlot(REQUEST, causeOfTest(), on)).rejects.toMatchObject({ code: 'NO_SLOT_FREE', details: { retryAfterSeconds: 5 } })
    await expect(claimSlot(REQUEST, causeOfTest('later'), on)).rejects.toMatchObject({ code: 'NO_SLOT_FREE' })
    expect(await on.store.read('capacity.small')).toMatchObject([{ type: 'SlotsExhausted', data: { refusals: [{ node: 'node-1', reason: 'it has no warm slot' }] } }])
    on.agents.free = 1
    for (const cause of ['one sweep', 'another']) await tellFreeAgain(causeOfTest(cause), on)
    expect((await on.store.read('capacity.small')).map(({ type }) => type)).toEqual(['SlotsExhausted', 'SlotsFreeAgain'])
  })

  test('a claim that was superseded is not tried elsewhere', async () => {
    const on = testPlatform({ nodes: ['node-1', 'node-2'] })
    const claim = vi.spyOn(on.agents, 'claim').mockRejectedValue(failure('CLAIM_SUPERSEDED', { claimId: 'd-1' }))
    await expect(claimSlot(REQUEST, causeOfTest(), on)).rejects.toMatchObject({ code: 'CLAIM_SUPERSEDED' })
    expect(claim).toHaveBeenCalledTimes(1)
  })
})

describe('the newest claim that began', () => {
  test('is found past those that never did', async () => {
    const on = testPlatform()
    await givenDeployment(on)
    expect(await newestBegun(await on.deployments.load('d'), on.instances)).toBeNull()
    await givenRunning(on)
    await on.deployments.change('d', ({ deployment, status }) => decide.restart({ type: 'RestartDeployment', at: AT }, deployment, status), 'restart', METADATA)
    const loaded = await on.deployments.load('d')
    expect([loaded.deployment.epoch, (await newestBegun(loaded, on.instances))?.instance.claimId]).toEqual([3, 'd-1'])
    expect(await newestBegun(loaded, on.instances, 1)).toBeNull()
  })
})

describe('releasing', () => {
  test('takes the routes out, lets the slot go and tells it', async () => {
    const on = testPlatform()
    on.edges.quiescedNow = { state: 'quiesced', requests: 7 }
    const begun = await givenRunning(on)
    await releaseClaim(begun, 'stop', causeOfTest(), on)
    expect(on.edges.quiesced).toEqual([{ deploymentId: 'd', claimId: 'd-1', sequence: begun.position }])
    expect([on.agents.held(), (await on.instances.current('d-1'))?.event]).toMatchObject([[], { type: 'InstanceReleased', data: { reason: 'stop', requests: 7 } }])
  })

  test('of what holds no slot does nothing', async () => {
    const on = testPlatform()
    const begun = await givenRunning(on)
    await releaseClaim(begun, 'stop', causeOfTest(), on)
    const released = await on.instances.current('d-1')
    if (released) await releaseClaim(released, 'delete', causeOfTest('another'), on)
    expect([on.edges.quiesced.length, (await on.instances.current('d-1'))?.revision]).toEqual([1, 1])
  })

  test('crashed before it was told: told by the next', async () => {
    const on = testPlatform()
    const begun = await givenRunning(on)
    vi.spyOn(on.store, 'append').mockRejectedValueOnce(failure('STORE_UNAVAILABLE', { reason: 'crashed' }))
    await expect(releaseClaim(begun, 'stop', causeOfTest(), on)).rejects.toThrow('crashed')
    await releaseClaim(begun, 'stop', causeOfTest(), on)
    expect((await on.instances.current('d-1'))?.instance.status).toBe('released')
  })

  test('what is in flight has five attempts, then it is cut off', async () => {
    const on = testPlatform()
    const begun = await givenRunning(on)
    on.edges.quiescedNow = { state: 'busy', reason: 'one request in flight' }
    on.agents.quiet = { state: 'busy', reason: 'one request in flight' }
    for (const attempt of [1, 5]) await expect(releaseClaim(begun, 'stop', causeOfTest('cause', attempt), on)).rejects.toMatchObject({ code: 'EDGE_UNAVAILABLE', kind: 'transient' })
    expect(on.agents.held()).toHaveLength(1)
    await releaseClaim(begun, 'stop', causeOfTest('cause', 6), on)
    expect(on.agents.calls.at(-1)).toBe('release node-1 d-1 force')
  })
})

describe('what an agent knows nothing of', () => {
  test('is lost, and its route asleep', async () => {
    const on = testPlatform()
    const begun = await givenRunning(on)
    await on.agents.kill('d-1')
    expect(await orLost(() => on.agents.thaw('node-1', 'd-1'), begun, causeOfTest(), on)).toBeNull()
    expect([(await on.instances.current('d-1'))?.event.type, await on.routes.get('d')]).toMatchObject(['InstanceLost', { state: 'asleep' }])
  })

  test('any other failure is the caller\'s', async () => {
    const on = testPlatform()
    const begun = await givenRunning(on)
    await expect(orLost(() => Promise.reject(failure('AGENT_UNAVAILABLE', { node: 'node-1', reason: 'timeout' })), begun, causeOfTest(), on)).rejects.toMatchObject({ code: 'AGENT_UNAVAILABLE' })
    expect((await on.instances.current('d-1'))?.instance.status).toBe('running')
  })
})

describe('a route', () => {
  test('leads to a running instance, and to no other', async () => {
    const on = testPlatform()
    const begun = await givenRunning(on)
    expect(routeOfInstance(begun)).toEqual({ deploymentId: 'd', name: 'demo', claimId: 'd-1', state: 'routed', address: begun.instance.address, reason: null, sequence: begun.position })
    const pausing = await on.instances.change('d-1', (today) => instance.requestPause({ reason: 'idle', at: AT }, today), 'cause', METADATA)
    expect(pausing && routeOfInstance(pausing)).toMatchObject({ state: 'asleep', address: null, sequence: pausing?.position })
  })

  test('of a claim that failed says why', async () => {
    const on = testPlatform()
    const { instance: today } = await givenRunning(on)
    const failed = await on.instances.begin('d-3', instance.fail({ ...today, claimId: 'd-3' }, 'no slot', { at: AT }), 'cause', METADATA)
    expect(failed && routeOfInstance(failed)).toMatchObject({ state: 'failed', address: null, reason: 'no slot' })
  })
})

describe('at the end of falling asleep', () => {
  const hit = (since: string) => ({ deploymentId: 'd', claimId: null, since })
  test.each([['before', '2026-01-01T00:00:00.999Z', []], ['at', AT, ['ProxyHit']], ['after', '2026-01-01T00:00:01.001Z', ['ProxyHit']]])('a visitor who came %s it was asked for', async (_, since, heard) => {
    const on = testPlatform()
    await on.hits.publish(hit(since))
    on.hits.take()
    await wakeIfHit({ deploymentId: 'd', claimId: 'd-1', after: AT }, on)
    expect(on.hits.take().map(({ type }) => type)).toEqual(heard)
  })

  test('what is due is a timer, and nothing due is none', async () => {
    const on = testPlatform()
    await wakeDueAt({ deploymentId: 'd', claimId: 'd-1', dueAt: null }, causeOfTest(), on)
    expect(on.timers.next()).toBeNull()
    await wakeDueAt({ deploymentId: 'd', claimId: 'd-1', dueAt: AT }, causeOfTest(), on)
    expect(on.timers.scheduled.get('wake.d-1')).toMatchObject({ at: AT, message: { type: 'WakeDue', data: { deploymentId: 'd', claimId: 'd-1' } } })
  })
})
