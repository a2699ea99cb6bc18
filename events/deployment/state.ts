import type { Status } from '../states.ts'
import { moveReasonSchema, type ClaimReason, type DeploymentEvent } from './events.ts'
import type { Plan, Settings } from './settings.ts'

/** A deployment as its own stream tells it. `epoch` is the revision of the newest ClaimRequested, null before one. */
export type Deployment = {
  readonly deploymentId: string
  readonly name: string
  readonly owner: string
  readonly plan: Plan
  readonly settings: Settings
  /** Of its credentials: which secret and which key are derived for it. */
  readonly generation: number
  readonly wanted: 'running' | 'stopped' | 'deleted'
  readonly status: Extract<Status, 'requested' | 'starting' | 'waking' | 'upgrading' | 'stopping' | 'stopped' | 'deleting' | 'deleted'>
  readonly epoch: number | null
  /** The epoch before: its slot is released before the newest is claimed. */
  readonly previousEpoch: number | null
  /** When somebody began to wait for the newest claim, RFC 3339. */
  readonly claimSince: string | null
  readonly claimReason: string | null
  /** Why it was stopped, in the owner's words. */
  readonly stopReason: string | null
  readonly requestedAt: string
  readonly changedAt: string
  /** Revision of the newest event folded in; the ETag. */
  readonly revision: number
}

/** Of the credentials that a deployment is made with. */
export const FIRST_GENERATION = 1

/** The id of the claim that `epoch` asked for; never reused. */
export const claimIdOf = (deploymentId: string, epoch: number): string => `${deploymentId}-${epoch}`

/** The epoch that a claim's id was made from: the inverse of `claimIdOf`. */
export const epochOf = (claimId: string): number => Number(claimId.slice(claimId.lastIndexOf('-') + 1))

/** What it is from the request for a claim until that begins. */
export const statusWhileClaimed = (reason: ClaimReason): 'starting' | 'waking' | 'upgrading' =>
  moveReasonSchema.safeParse(reason).success ? 'upgrading' : reason === 'wake' ? 'waking' : 'starting'

/** The claim whose slot goes on until the current one begins; null when there is none: only a move leaves the one before in use. */
export const claimBefore = ({ deploymentId, status, previousEpoch }: Deployment): string | null =>
  status === 'upgrading' && previousEpoch !== null ? claimIdOf(deploymentId, previousEpoch) : null

/** The current claim of a deployment, null before the first. */
export const currentClaim = (deployment: Deployment): string | null =>
  deployment.epoch === null ? null : claimIdOf(deployment.deploymentId, deployment.epoch)

/** Folds one event in. Total: an event that makes no sense here changes nothing but the revision. */
export const evolve = (state: Deployment | null, event: DeploymentEvent, revision: number): Deployment | null => {
  if (event.type === 'DeploymentRequested') {
    if (state) return { ...state, revision }
    const { deploymentId, name, owner, plan, settings, at } = event.data
    return {
      deploymentId, name, owner, plan, settings, generation: FIRST_GENERATION, revision, wanted: 'running', status: 'requested', epoch: null, previousEpoch: null, claimSince: null,
      claimReason: null, stopReason: null, requestedAt: at, changedAt: at,
    }
  }
  if (!state) return null
  return { ...state, ...change(state, event, revision), changedAt: event.data.at, revision }
}

type Later = Exclude<DeploymentEvent, { type: 'DeploymentRequested' }>

const change = (state: Deployment, event: Later, revision: number): Partial<Deployment> => {
  switch (event.type) {
    case 'ClaimRequested': {
      const { reason, since } = event.data
      return { status: statusWhileClaimed(reason), wanted: 'running', epoch: revision, previousEpoch: state.epoch, claimSince: since, claimReason: reason, stopReason: null }
    }
    case 'SettingsChanged':
      return { settings: event.data.settings }
    case 'CredentialsRotated':
      return { generation: event.data.generation }
    case 'StartRequested':
      return { wanted: 'running', stopReason: null }
    case 'RestartRequested':
      return { wanted: 'running' }
    case 'StopRequested':
      return { wanted: 'stopped', status: 'stopping', stopReason: event.data.reason ?? null }
    case 'DeploymentStopped':
      return { status: 'stopped' }
    case 'DeletionRequested':
      return { wanted: 'deleted', status: 'deleting' }
    case 'DeploymentDeleted':
      return { status: 'deleted' }
    case 'RecordErased':
      return {}
    default:
      event satisfies never
      return {}
  }
}
