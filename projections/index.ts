import type { Projection } from '../infra/projector/projection.ts'
import { activity } from './activity/project.ts'
import { deployments } from './deployments/project.ts'
import { history } from './history/project.ts'
import { nodes } from './nodes/project.ts'
import { parked } from './parked/project.ts'
import { subscriptions } from './subscriptions/project.ts'

/** Every read model of this release. */
export const projections: readonly Projection[] = [deployments, history, activity, parked, subscriptions, nodes]
