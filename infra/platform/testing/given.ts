import * as decide from '../../../events/deployment/decide.ts'
import { DEFAULT_SETTINGS, sleepSettings } from '../../../events/deployment/settings.ts'
import { claimIdOf } from '../../../events/deployment/state.ts'
import * as instance from '../../../events/instance/decide.ts'
import { caused } from '../../aggregates/append.ts'
import type { LoadedInstance } from '../../aggregates/instances.ts'
import type { Cause } from '../../functions/cause.ts'
import { now } from '../port.ts'
import type { TestPlatform } from '../testing.ts'

export const METADATA = { correlationId: 'correlation', actor: 'test' } as const

/** What a reaction gets besides the data, when it does not matter what made it. */
export const causeOfTest = (id = 'cause', attempt = 1): Cause => ({
  id, type: 'Test', subject: 'events.deployment.d', sequence: '1', revision: 0, at: '2026-01-01T00:00:00.000Z', attempt, metadata: METADATA,
})

/** A deployment that was asked for; its first claim has epoch 1. */
export const givenDeployment = async (on: TestPlatform, deploymentId = 'd', name = 'demo'): Promise<void> => {
  const events = decide.request({ type: 'RequestDeployment', deploymentId, name, owner: 'operator', plan: 'small', settings: DEFAULT_SETTINGS, at: now(on) })
  await on.store.append(`deployment.${deploymentId}`, caused(events, `request ${deploymentId}`, METADATA), 'none')
}

/** A claim of it that runs on a slot of node-1. */
export const givenRunning = async (on: TestPlatform, epoch = 1, deploymentId = 'd', name = 'demo'): Promise<LoadedInstance> => {
  const claimId = claimIdOf(deploymentId, epoch)
  const of = { claimId, deploymentId, epoch, name, plan: 'small' } as const
  const claimed = await on.agents.claim('node-1', { ...of, settings: DEFAULT_SETTINGS, generation: 1, baseUrl: on.settings.urlOf(name) })
  const started = instance.start({ ...of, ...claimed, settings: sleepSettings(DEFAULT_SETTINGS), status: 'running', since: now(on), startedAt: null, wakes: 0, requests: 0 }, 'create', 0)
  const begun = await on.instances.begin(claimId, started, `begin ${claimId}`, METADATA)
  if (!begun) throw new Error(`${claimId} did not begin`)
  return begun
}
