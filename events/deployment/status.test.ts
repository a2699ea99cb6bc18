import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { STATUSES } from '../states.ts'
import { deploymentEvents, instances } from '../testing/arbitraries.ts'
import { worldAfter } from '../testing/given.ts'
import { claimedAnew, hibernated, lost, paused, requested, started, stopping } from '../testing/samples.ts'
import { evolve, type Deployment } from './state.ts'
import { shownStatus, statusOf } from './status.ts'

describe('what people see', () => {
  test('is always one of the states', () => {
    fc.assert(fc.property(fc.array(deploymentEvents, { maxLength: 10 }), fc.option(instances), (events, instance) => {
      const deployment = events.reduce<Deployment | null>((state, event, revision) => evolve(state, event, revision), null)
      fc.pre(deployment !== null)
      expect(STATUSES).toContain(statusOf(deployment, instance))
    }))
  })

  test('is the life of the current claim while it is wanted', () => {
    expect([requested, started, paused, hibernated].map((history) => worldAfter(history).status)).toEqual(['starting', 'running', 'paused', 'hibernated'])
  })

  test('is the owner\'s will where that decides alone, whatever the instance does', () => {
    fc.assert(fc.property(instances, (instance) => {
      expect(statusOf(worldAfter(stopping).deployment, { ...instance, claimId: 'd-1' })).toBe('stopping')
    }))
  })

  test('is not what an older claim does', () => {
    const { deployment } = worldAfter(claimedAnew)
    const { instance: older } = worldAfter(hibernated)
    expect(older?.claimId).toBe('d-1')
    expect(statusOf(deployment, older)).toBe('waking')
  })

  test('of an instance whose slot is gone is hibernated, however it went', () => {
    const { instance } = worldAfter(lost)
    if (!instance) throw new Error('there is no instance')
    expect(instance.status).toBe('lost')
    expect(shownStatus(instance)).toBe('hibernated')
    expect(shownStatus({ ...instance, status: 'released' })).toBe('hibernated')
    expect(shownStatus({ ...instance, status: 'failed' })).toBe('failed')
  })
})
