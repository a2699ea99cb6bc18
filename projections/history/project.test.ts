import { expect, test } from 'vitest'
import type { InstanceEvent } from '../../events/instance/events.ts'
import { shownData } from './project.ts'

const at = '2026-01-01T00:00:00.000Z'

test('an owner reads how an instance fares, not where it lies', () => {
  const paused: InstanceEvent = {
    type: 'InstancePaused',
    data: {
      deploymentId: 'd', claimId: 'd-1', at, awakeMs: 1_500, requests: 3,
      instance: {
        claimId: 'd-1', deploymentId: 'd', name: 'demo', epoch: 1, plan: 'small', settings: { pauseAfterSeconds: 1, hibernateAfterSeconds: 1, maxBodyBytes: 1_024 },
        status: 'paused', since: at, node: 'node-1', slot: 'slot-9', address: '127.0.0.1:20001', startedAt: at, wakes: 2, requests: 8,
      },
    },
  }
  const shown = shownData(paused)
  expect(shown).toEqual({ awakeMs: 1_500, requests: 3, status: 'paused', epoch: 1, node: 'node-1', wakes: 2 })
  expect(JSON.stringify(shown)).not.toMatch(/127\.0\.0\.1|slot-9/)
})

test('what other columns say is not said twice', () => {
  expect(shownData({ data: { deploymentId: 'd', name: 'demo', reason: 'budget', at } })).toEqual({ name: 'demo', reason: 'budget' })
})
