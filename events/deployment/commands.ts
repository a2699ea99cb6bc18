import type { MoveReason } from './events.ts'
import type { Plan, Settings } from './settings.ts'

type At = { /** When it was asked, RFC 3339. */ readonly at: string }

export type RequestDeployment = At & {
  readonly type: 'RequestDeployment'
  readonly deploymentId: string
  readonly name: string
  readonly owner: string
  readonly plan: Plan
  readonly settings: Settings
}
export type StartDeployment = At & { readonly type: 'StartDeployment' }
export type StopDeployment = At & { readonly type: 'StopDeployment'; readonly reason?: string }
export type RestartDeployment = At & { readonly type: 'RestartDeployment' }
/** The old secret is known to somebody, or lost. */
export type RotateCredentials = At & { readonly type: 'RotateCredentials' }
export type DeleteDeployment = At & { readonly type: 'DeleteDeployment' }
export type ChangeSettings = At & { readonly type: 'ChangeSettings'; readonly settings: Partial<Settings> }
/** Nobody asks, but it is wanted running and its slot is gone. */
export type HealDeployment = At & { readonly type: 'HealDeployment' }
/** The slot of `claimId` is to be followed by another one; it serves until that has its record. */
export type MoveDeployment = At & { readonly type: 'MoveDeployment'; readonly claimId: string; readonly reason: MoveReason }
/** A visitor waits (or the owner asks to resume) and there is no slot. `since`: when the waiting began. */
export type WakeDeployment = At & { readonly type: 'WakeDeployment'; readonly since: string }
