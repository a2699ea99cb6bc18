import type { Deployment } from '../../events/deployment/state.ts'
import type { Instance } from '../../events/instance/events.ts'
import type { Status } from '../../events/states.ts'
import type { LoadedDeployment } from '../../infra/aggregates/deployments.ts'
import type { HttpReply } from '../../infra/functions/router.ts'
import { etag } from '../../infra/functions/conditions.ts'
import type { Platform } from '../../infra/platform/port.ts'

type Shown = { readonly deployment: Deployment; readonly status: Status; readonly instance: Instance | null }

/** A deployment as people see it. */
export const represent = ({ deployment, status, instance }: Shown, { settings }: Platform) => ({
  id: deployment.deploymentId,
  name: deployment.name,
  url: settings.urlOf(deployment.name),
  clientId: deployment.deploymentId,
  tokenUrl: settings.tokenUrlOf(deployment.name),
  owner: deployment.owner,
  status,
  wanted: deployment.wanted,
  plan: deployment.plan,
  settings: deployment.settings,
  claim: instance && { id: instance.claimId, node: instance.node, since: instance.since, wakes: instance.wakes },
  reason: deployment.stopReason,
  requestedAt: deployment.requestedAt,
  changedAt: deployment.changedAt,
  revision: deployment.revision,
})

export type Answer = Omit<HttpReply, 'body'> & { readonly body: ReturnType<typeof represent> }

/** The answer about one deployment, with its entity tag. */
export const answer = (status: number, { deployment, status: shown, instance }: LoadedDeployment, platform: Platform): Answer => ({
  status,
  headers: { etag: etag(deployment.revision), 'content-location': `/api/deployments/${deployment.deploymentId}`, 'cache-control': 'no-store' },
  body: represent({ deployment, status: shown, instance: instance?.instance ?? null }, platform),
})
