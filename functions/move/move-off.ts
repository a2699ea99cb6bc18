import * as deployment from '../../events/deployment/decide.ts'
import type { MoveReason } from '../../events/deployment/events.ts'
import * as instance from '../../events/instance/decide.ts'
import { claimBefore, currentClaim } from '../../events/deployment/state.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { derivedId } from '../../infra/ids.ts'
import { now, type Platform } from '../../infra/platform/port.ts'

type Claim = { readonly deploymentId: string; readonly claimId: string; readonly reason: MoveReason }

/**
 * What became of a wish to move: it is on its way from this moment (`asked`), or since before (`moving`); it is in between two
 * states, and to be asked again (`between`); nothing is to be moved (`settled`).
 */
export type Moved = 'asked' | 'moving' | 'between' | 'settled'

/**
 * Has the slot of a claim followed by another one. One that serves is followed without a request lost: a claim is asked for, which
 * `provision` carries out. One that sleeps is not woken for it: it gives its slot up, and gets the other one with its next visitor.
 * Decides from the loaded aggregate; runs twice without harm.
 */
export const moveOff = async ({ deploymentId, claimId, reason }: Claim, cause: Cause, on: Platform): Promise<Moved> => {
  const loaded = await on.deployments.find(deploymentId)
  if (!loaded) return 'settled' // whose slot it is nobody knows: healing ends it
  if (currentClaim(loaded.deployment) !== claimId) return claimBefore(loaded.deployment) === claimId && loaded.instance === null ? 'moving' : 'settled'
  const at = now(on)
  const id = derivedId(cause.id, claimId) // one drain moves many
  switch (loaded.status) {
    case 'running': {
      const command = { type: 'MoveDeployment', claimId, reason, at } as const
      const { appended } = await on.deployments.change(deploymentId, (today) => deployment.move(command, today.deployment, today.status), id, cause.metadata)
      return appended ? 'asked' : 'between'
    }
    case 'paused':
      await on.instances.change(claimId, (today) => (today.status === 'paused' ? instance.requestHibernation({ reason, at }, today) : []), id, cause.metadata)
      return 'asked'
    case 'requested':
    case 'starting':
    case 'waking':
    case 'upgrading':
    case 'pausing':
    case 'hibernating':
    case 'stopping':
    case 'deleting':
      return 'between'
    case 'hibernated':
    case 'stopped':
    case 'failed':
    case 'deleted':
      return 'settled'
    default:
      return loaded.status satisfies never
  }
}
