import type { DeploymentEvent } from '../../events/deployment/events.ts'
import { currentClaim, evolve, type Deployment } from '../../events/deployment/state.ts'
import { statusOf } from '../../events/deployment/status.ts'
import type { Metadata, NewEvent, RecordedEvent, StreamName } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'
import type { Status } from '../../events/states.ts'
import type { Appended, EventStore } from '../event-store/port.ts'
import { caused, untilNoConflict } from './append.ts'
import { instancesOf, type LoadedInstance } from './instances.ts'

const stream = (deploymentId: string): StreamName => `deployment.${deploymentId}`

/** A deployment folded from its stream, the instance of its current claim, and the status people see. */
export type LoadedDeployment = {
  readonly deployment: Deployment
  readonly instance: LoadedInstance | null
  readonly status: Status
  /** The deployment's own events, oldest first: short for ever. */
  readonly events: readonly RecordedEvent<DeploymentEvent>[]
}
export type Decide = (loaded: LoadedDeployment) => readonly DeploymentEvent[]

export type Deployments = {
  /** null when there is none. @throws STORE_UNAVAILABLE */
  find(deploymentId: string): Promise<LoadedDeployment | null>
  /** @throws DEPLOYMENT_NOT_FOUND, STORE_UNAVAILABLE */
  load(deploymentId: string): Promise<LoadedDeployment>
  /**
   * Loads, decides, appends; decides anew when somebody was first. `appended` is null when there was nothing to do.
   * @throws DEPLOYMENT_NOT_FOUND and whatever `decide` throws
   */
  change(deploymentId: string, decide: Decide, cause: string, metadata: Metadata): Promise<{ readonly loaded: LoadedDeployment; readonly appended: Appended | null }>
}

export const deploymentsOf = (store: EventStore): Deployments => {
  const instances = instancesOf(store)

  const find = async (deploymentId: string): Promise<LoadedDeployment | null> => {
    const events = await store.read<DeploymentEvent>(stream(deploymentId))
    const deployment = events.reduce<Deployment | null>((state, event) => evolve(state, event, event.revision), null)
    if (!deployment) return null
    const claimId = currentClaim(deployment)
    const instance = claimId === null ? null : await instances.current(claimId)
    return { deployment, instance, events, status: statusOf(deployment, instance?.instance ?? null) }
  }

  const load = async (deploymentId: string): Promise<LoadedDeployment> => {
    const loaded = await find(deploymentId)
    if (!loaded) throw failure('DEPLOYMENT_NOT_FOUND', { id: deploymentId })
    return loaded
  }

  return {
    find,
    load,
    change: (deploymentId, decide, cause, metadata) =>
      untilNoConflict(async () => {
        const loaded = await load(deploymentId)
        const events: NewEvent[] = caused(decide(loaded), cause, metadata)
        if (events.length === 0) return { loaded, appended: null }
        return { loaded, appended: await store.append(stream(deploymentId), events, loaded.deployment.revision) }
      }),
  }
}
