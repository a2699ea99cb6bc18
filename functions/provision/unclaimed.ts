import { claimIdOf, type Deployment } from '../../events/deployment/state.ts'
import { sleepSettings } from '../../events/deployment/settings.ts'
import type { Instance } from '../../events/instance/events.ts'

/** An instance that has no slot yet. */
export const unclaimed = ({ deploymentId, name, plan, settings }: Deployment, epoch: number, at: string): Instance => ({
  claimId: claimIdOf(deploymentId, epoch), deploymentId, name, epoch, plan, settings: sleepSettings(settings), status: 'running', since: at,
  node: null, slot: null, address: null, startedAt: null, wakes: 0, requests: 0,
})
