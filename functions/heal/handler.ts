import type { InstanceEvent } from '../../events/instance/events.ts'
import type { Message } from '../../events/messages.ts'
import type { NodeEvent } from '../../events/node/events.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { onEvent } from '../../infra/functions/on-event.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { mend } from './mend.ts'
import { releaseOrphans } from './orphans.ts'
import { sweep } from './sweep.ts'

type Heard = Extract<
  InstanceEvent | NodeEvent | Message,
  { type: 'InstanceLost' | 'PauseAbandoned' | 'HibernateAbandoned' | 'AgentStarted' | 'HealDue' | 'HealDeploymentDue' }
>

/** Desired against actual: at once where a loss is told, by sweeps where nobody could tell it. */
export const heal = async (event: Heard, cause: Cause, on: Platform): Promise<void> => {
  switch (event.type) {
    case 'InstanceLost':
    case 'PauseAbandoned':
    case 'HibernateAbandoned':
    case 'HealDeploymentDue':
      return mend(event.data.deploymentId, null, cause, on)
    case 'AgentStarted':
      return releaseOrphans(event.data.node, await on.agents.claims(event.data.node), on)
    case 'HealDue':
      return sweep(event.data, cause, on)
    default:
      return event satisfies never
  }
}

export default onEvent(['InstanceLost', 'PauseAbandoned', 'HibernateAbandoned', 'AgentStarted', 'HealDue', 'HealDeploymentDue'], heal, platform)
