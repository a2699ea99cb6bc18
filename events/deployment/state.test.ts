import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deploymentEvents } from '../testing/arbitraries.ts'
import { HISTORIES, claimedAnew, deletedAfter, requested, stoppedAfter } from '../testing/samples.ts'
import { worldAfter } from '../testing/given.ts'
import type { DeploymentEvent } from './events.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import { claimIdOf, currentClaim, evolve, type Deployment } from './state.ts'

const fold = (events: readonly DeploymentEvent[]): Deployment | null => events.reduce<Deployment | null>((state, event, revision) => evolve(state, event, revision), null)
const freeze = <T extends object>(value: T): T => {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner)
  return Object.freeze(value)
}

describe('evolve is total', () => {
  test('any events in any order fold, without a throw and without touching what they fold', () => {
    fc.assert(fc.property(fc.array(deploymentEvents, { maxLength: 30 }), (events) => {
      let state: Deployment | null = null
      for (const [revision, event] of events.entries()) {
        state = evolve(state && freeze(state), freeze(event), revision)
        expect(state === null || state.revision === revision).toBe(true)
      }
      expect(state === null).toBe(!events.some(({ type }) => type === 'DeploymentRequested'))
    }))
  })

  test('folding on from a state is folding from the beginning', () => {
    fc.assert(fc.property(fc.array(deploymentEvents, { maxLength: 20 }), fc.nat(20), (events, cut) => {
      const early = fold(events.slice(0, cut))
      expect(events.slice(cut).reduce((state, event, index) => evolve(state, event, cut + index), early)).toEqual(fold(events))
    }))
  })

  test('who it is, whose and since when never changes; the newest time of change is the last event\'s', () => {
    fc.assert(fc.property(fc.array(deploymentEvents, { minLength: 1, maxLength: 20 }), (events) => {
      const first = events.find((event) => event.type === 'DeploymentRequested')
      const state = fold(events)
      if (!first || !state) return
      const { deploymentId, name, owner, plan, at } = first.data
      expect(state).toMatchObject({ deploymentId, name, owner, plan, requestedAt: at })
    }))
  })

  test('an event of a later release changes nothing but the revision and the time', () => {
    const state = fold(requested)
    const unknown = { type: 'DeploymentPolished', data: { at: '2030-01-01T00:00:00.000Z' } } as unknown as DeploymentEvent
    expect(evolve(state, unknown, 9)).toEqual({ ...state, revision: 9, changedAt: '2030-01-01T00:00:00.000Z' })
  })
})

describe('a deployment', () => {
  test('that was requested waits for its first claim', () => {
    expect(fold(requested)).toEqual({
      deploymentId: 'd', name: 'demo', owner: 'operator', plan: 'small', settings: DEFAULT_SETTINGS, generation: 1,
      wanted: 'running', status: 'starting', epoch: 1, previousEpoch: null, claimSince: '2026-01-01T00:00:00.000Z', claimReason: 'create', stopReason: null,
      requestedAt: '2026-01-01T00:00:00.000Z', changedAt: '2026-01-01T00:00:00.000Z', revision: 1,
    })
  })

  test('counts its claims by revision: the epoch', () => {
    const { deployment } = worldAfter(claimedAnew)
    expect(deployment).toMatchObject({ status: 'waking', epoch: 2, previousEpoch: 1, claimReason: 'wake' })
    expect(currentClaim(deployment)).toBe('d-2')
    expect(claimIdOf('d', 2)).toBe('d-2')
    const { deployment: fresh } = worldAfter(HISTORIES.requested)
    expect(currentClaim(fresh)).toBeNull()
  })

  test('that was stopped keeps the reason until it is started again', () => {
    const { deployment } = worldAfter([...requested, { type: 'StopRequested', data: { deploymentId: 'd', name: 'demo', reason: 'over', at: '2026-01-01T00:01:00.000Z' } }])
    expect(deployment).toMatchObject({ wanted: 'stopped', status: 'stopping', stopReason: 'over', changedAt: '2026-01-01T00:01:00.000Z' })
    expect(worldAfter(stoppedAfter).deployment).toMatchObject({ wanted: 'stopped', status: 'stopped', stopReason: null })
    expect(evolve(deployment, { type: 'StartRequested', data: { deploymentId: 'd', name: 'demo', at: '2026-01-01T00:02:00.000Z' } }, 3)).toMatchObject({ wanted: 'running', stopReason: null })
  })

  test('that was deleted stays deleted when its record is erased', () => {
    const { deployment } = worldAfter(deletedAfter)
    expect(deployment).toMatchObject({ wanted: 'deleted', status: 'deleted' })
    expect(evolve(deployment, { type: 'RecordErased', data: { deploymentId: 'd', name: 'demo', objects: 3, at: deployment.changedAt } }, 4)).toEqual({ ...deployment, revision: 4 })
  })

  test('is requested once: the same request again changes nothing but the revision', () => {
    const state = fold(requested)
    expect(evolve(state, requested[0] as DeploymentEvent, 2)).toEqual({ ...state, revision: 2 })
  })
})
