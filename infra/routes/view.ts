import type { DeploymentEvent } from '../../events/deployment/events.ts'
import { claimBefore, currentClaim, evolve, type Deployment } from '../../events/deployment/state.ts'
import { streamCategory, streamId, type RecordedEvent } from '../../events/envelope.ts'
import type { Instance, InstanceEvent } from '../../events/instance/events.ts'
import { comparePositions } from '../event-store/port.ts'
import type { Route } from './port.ts'
import { routeOf } from './route-of.ts'

/** `position`: of the newest event of both streams; `seen`: of the newest of the instance, null while there is none. */
type Row = { readonly deployment: Deployment; readonly instance: Instance | null; readonly failedBecause: string | null; readonly position: string; readonly seen: string | null }

/** The routes that follow from the events given so far, in memory. Events given again change nothing. */
export type RoutesView = {
  /** The route that follows, null when the event says nothing new. Deployments' events in the store's order. */
  apply(event: RecordedEvent): Route | null
  all(): readonly Route[]
  /** Whose deployment it is; null when it is not known. */
  ownerOf(deploymentId: string): string | null
}

export const routesView = (): RoutesView => {
  const rows = new Map<string, Row>()

  const applyDeployment = (id: string, event: RecordedEvent<DeploymentEvent>): Row | null => {
    const row = rows.get(id)
    if (row && row.deployment.revision >= event.revision) return null
    const deployment = evolve(row?.deployment ?? null, event, event.revision)
    if (!deployment) return null
    const claims = [currentClaim(deployment), claimBefore(deployment)]
    const sameLife = row?.instance && claims.includes(row.instance.claimId)
    return sameLife ? { ...row, deployment, position: event.position } : { deployment, instance: null, failedBecause: null, position: event.position, seen: null }
  }

  const applyInstance = ({ data, type, position }: RecordedEvent<InstanceEvent>): Row | null => {
    const row = rows.get(data.deploymentId)
    if (!row || !isOfUse(row, data.claimId) || (row.instance?.claimId === data.claimId && comparePositions(position, row.seen ?? '0') <= 0)) return null
    const newest = comparePositions(position, row.position) > 0 ? position : row.position
    return { ...row, instance: data.instance, failedBecause: type === 'InstanceFailed' ? data.reason : null, position: newest, seen: position }
  }

  /** Of the current claim, or of the one before while that is in use. */
  const isOfUse = ({ deployment, instance }: Row, claimId: string): boolean => {
    const current = currentClaim(deployment)
    return claimId === current || (claimId === claimBefore(deployment) && instance?.claimId !== current)
  }

  const routeOfRow = ({ deployment, instance, position, failedBecause }: Row): Route => routeOf(deployment, instance, position, failedBecause)

  return {
    apply: (event) => {
      const isDeployment = streamCategory(event.stream) === 'deployment'
      const row = isDeployment ? applyDeployment(streamId(event.stream), event as RecordedEvent<DeploymentEvent>) : applyInstance(event as RecordedEvent<InstanceEvent>)
      if (!row) return null
      rows.set(row.deployment.deploymentId, row)
      return routeOfRow(row)
    },
    all: () => [...rows.values()].map(routeOfRow),
    ownerOf: (deploymentId) => rows.get(deploymentId)?.deployment.owner ?? null,
  }
}
