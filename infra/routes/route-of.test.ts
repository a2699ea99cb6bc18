import { describe, expect, it } from 'vitest'
import type { DeploymentEvent } from '../../events/deployment/events.ts'
import { evolve, type Deployment } from '../../events/deployment/state.ts'
import { DEFAULT_SETTINGS, sleepSettings } from '../../events/deployment/settings.ts'
import type { Instance, InstanceStatus } from '../../events/instance/events.ts'
import { routeOf } from './route-of.ts'

const at = '2026-01-01T00:00:00.000Z'
const base = { deploymentId: 'd', name: 'demo', at }
const requested: DeploymentEvent = { type: 'DeploymentRequested', data: { ...base, owner: 'o', plan: 'small', settings: DEFAULT_SETTINGS } }
const claimed: DeploymentEvent = { type: 'ClaimRequested', data: { ...base, reason: 'create', since: at } }

const after = (...events: readonly DeploymentEvent[]): Deployment => {
  const folded = events.reduce<Deployment | null>((state, event, revision) => evolve(state, event, revision), null)
  if (!folded) throw new Error('no deployment')
  return folded
}
const instance = (status: InstanceStatus, claimId = 'd-1'): Instance => ({
  claimId, deploymentId: 'd', name: 'demo', epoch: 1, plan: 'small', settings: sleepSettings(DEFAULT_SETTINGS), status, since: at, node: 'n', slot: 's',
  address: '127.0.0.1:5000', startedAt: at, wakes: 0, requests: 0,
})
const unrouted = { deploymentId: 'd', name: 'demo', claimId: 'd-1', address: null, reason: null, sequence: '9' }

describe('routeOf', () => {
  it('leads to the slot of a running instance', () => {
    expect(routeOf(after(requested, claimed), instance('running'), '9')).toEqual({ ...unrouted, state: 'routed', address: '127.0.0.1:5000' })
  })

  it.each(['pausing', 'paused', 'waking', 'hibernating', 'hibernated', 'lost', 'released'] as const)('wakes one that is %s', (status) => {
    expect(routeOf(after(requested, claimed), instance(status), '9')).toEqual({ ...unrouted, state: 'asleep' })
  })

  it('waits for one that is requested or starts', () => {
    expect(routeOf(after(requested), null, '9')).toEqual({ ...unrouted, claimId: null, state: 'asleep' })
    expect(routeOf(after(requested, claimed), null, '9')).toEqual({ ...unrouted, state: 'asleep' })
  })

  it('does not lead to the slot of an earlier claim', () => {
    expect(routeOf(after(requested, claimed, { ...claimed, data: { ...claimed.data, reason: 'restart' } } as DeploymentEvent), instance('running'), '9')).toEqual({ ...unrouted, claimId: 'd-2', state: 'asleep' })
  })

  describe('while it moves', () => {
    const moving = after(requested, claimed, { type: 'ClaimRequested', data: { ...base, reason: 'drain', since: at } })
    it('leads to the slot it has', () => {
      expect(routeOf(moving, instance('running'), '9')).toEqual({ ...unrouted, state: 'routed', address: '127.0.0.1:5000' })
      expect(routeOf(moving, instance('paused'), '9')).toEqual({ ...unrouted, state: 'asleep' })
    })
    it('waits for the next one when that is gone', () => {
      for (const before of [null, { ...instance('released'), node: null, slot: null, address: null }, { ...instance('lost'), slot: null }]) {
        expect(routeOf(moving, before, '9')).toEqual({ ...unrouted, claimId: 'd-2', state: 'asleep' })
      }
    })
    it('leads to the next one as soon as that has begun', () => {
      expect(routeOf(moving, { ...instance('running', 'd-2'), address: '127.0.0.1:6000' }, '9')).toEqual({ ...unrouted, claimId: 'd-2', state: 'routed', address: '127.0.0.1:6000' })
    })
  })

  it('says why it failed', () => {
    expect(routeOf(after(requested, claimed), instance('failed'), '9', 'no slot is free')).toEqual({ ...unrouted, state: 'failed', reason: 'no slot is free' })
  })

  it('says that and why it is stopped, also while it still runs', () => {
    const stopping = after(requested, claimed, { type: 'StopRequested', data: { ...base, reason: 'maintenance' } })
    expect(routeOf(stopping, instance('running'), '9')).toEqual({ ...unrouted, state: 'stopped', reason: 'maintenance' })
    expect(routeOf(after(requested, claimed, { type: 'StopRequested', data: base }, { type: 'DeploymentStopped', data: base }), null, '9')).toMatchObject({ state: 'stopped', reason: 'its owner stopped it' })
  })

  it('says that it was deleted', () => {
    const deleting = after(requested, claimed, { type: 'DeletionRequested', data: base })
    expect(routeOf(deleting, instance('running'), '9')).toEqual({ ...unrouted, state: 'deleted' })
  })
})
