import type { InstanceEvent } from '../../events/instance/events.ts'
import type { DeploymentEvent } from '../../events/deployment/events.ts'
import type { Message } from '../../events/messages.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { onEvent } from '../../infra/functions/on-event.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { hibernate, requestHibernation } from './hibernate.ts'
import { pause } from './pause.ts'
import { checkIdle, scheduleHibernation, scheduleIdleCheck, settingsChanged } from './thresholds.ts'

type Heard = Extract<
  InstanceEvent | DeploymentEvent | Message,
  { type: 'InstanceStarted' | 'InstanceResumed' | 'PauseRequested' | 'PauseAbandoned' | 'InstancePaused' | 'HibernateRequested' | 'HibernateAbandoned' | 'SettingsChanged' | 'IdleCheckDue' | 'HibernateDue' }
>

/** The two tiers of sleep: awake and idle is paused, paused for long is hibernated. Hears threshold crossings, never polls. */
export const idle = (event: Heard, cause: Cause, on: Platform): Promise<void> => {
  switch (event.type) {
    case 'InstanceStarted':
    case 'InstanceResumed':
    case 'PauseAbandoned':
    case 'HibernateAbandoned':
      return scheduleIdleCheck(event.data, cause, on)
    case 'IdleCheckDue':
      return checkIdle(event.data, cause, on)
    case 'PauseRequested':
      return pause(event.data, cause, on)
    case 'InstancePaused':
      return scheduleHibernation(event.data, cause, on)
    case 'HibernateDue':
      return requestHibernation(event.data, cause, on)
    case 'HibernateRequested':
      return hibernate(event.data, cause, on)
    case 'SettingsChanged':
      return settingsChanged(event.data, cause, on)
    default:
      return event satisfies never
  }
}

export default onEvent(
  ['InstanceStarted', 'InstanceResumed', 'PauseRequested', 'PauseAbandoned', 'InstancePaused', 'HibernateRequested', 'HibernateAbandoned', 'SettingsChanged', 'IdleCheckDue', 'HibernateDue'],
  idle, platform,
)
