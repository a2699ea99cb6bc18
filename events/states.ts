/**
 * The one table of states. `decide`, the README's diagram, the console's buttons and the tests are made from it.
 * A deployment's status is what people see: its owner's will (deployment stream) and the life of its current claim
 * (instance stream) taken together, see `statusOf` in deployment/status.ts.
 */
export const STATUSES = [
  'requested', 'starting', 'running', 'pausing', 'paused', 'waking', 'hibernating', 'hibernated',
  'stopping', 'stopped', 'upgrading', 'failed', 'deleting', 'deleted',
] as const
export type Status = (typeof STATUSES)[number]

type Transition = {
  /** The event that makes the transition. */
  readonly event: string
  /** Whose stream it is in. */
  readonly aggregate: 'deployment' | 'instance'
  readonly from: readonly Status[]
  readonly to: Status
  /** Set where one event type leads to different states. */
  readonly when?: string
}

const alive: readonly Status[] = ['running', 'pausing', 'paused', 'waking', 'hibernating', 'hibernated', 'failed']
const beforeDeletion: readonly Status[] = ['requested', 'starting', ...alive, 'stopping', 'stopped', 'upgrading']

export const TRANSITIONS = [
  { event: 'DeploymentRequested', aggregate: 'deployment', from: [], to: 'requested' },
  { event: 'ClaimRequested', aggregate: 'deployment', from: ['requested', 'stopped', 'failed', 'running', 'paused', 'hibernated'], to: 'starting', when: 'create, start, restart, heal' },
  { event: 'ClaimRequested', aggregate: 'deployment', from: ['starting', 'running', 'pausing', 'paused', 'waking', 'hibernating', 'upgrading'], to: 'starting', when: 'settings, credentials' },
  { event: 'ClaimRequested', aggregate: 'deployment', from: ['hibernated'], to: 'waking', when: 'wake' },
  { event: 'ClaimRequested', aggregate: 'deployment', from: ['running'], to: 'upgrading', when: 'drain, upgrade' },
  { event: 'InstanceStarted', aggregate: 'instance', from: ['starting', 'waking', 'upgrading'], to: 'running' },
  { event: 'InstanceFailed', aggregate: 'instance', from: ['starting', 'waking', 'upgrading'], to: 'failed' },
  { event: 'InstanceFailed', aggregate: 'instance', from: ['hibernated'], to: 'failed', when: 'lost again and again' },
  { event: 'PauseRequested', aggregate: 'instance', from: ['running'], to: 'pausing' },
  { event: 'PauseAbandoned', aggregate: 'instance', from: ['pausing'], to: 'running' },
  { event: 'InstancePaused', aggregate: 'instance', from: ['pausing'], to: 'paused' },
  { event: 'ResumeRequested', aggregate: 'instance', from: ['paused'], to: 'waking' },
  { event: 'InstanceResumed', aggregate: 'instance', from: ['paused', 'waking'], to: 'running' },
  { event: 'HibernateRequested', aggregate: 'instance', from: ['running', 'paused'], to: 'hibernating' },
  { event: 'HibernateAbandoned', aggregate: 'instance', from: ['hibernating'], to: 'running' },
  { event: 'InstanceHibernated', aggregate: 'instance', from: ['hibernating'], to: 'hibernated' },
  { event: 'InstanceLost', aggregate: 'instance', from: ['running', 'pausing', 'paused', 'waking', 'hibernating'], to: 'hibernated' },
  { event: 'StopRequested', aggregate: 'deployment', from: ['requested', 'starting', ...alive, 'upgrading'], to: 'stopping' },
  { event: 'DeploymentStopped', aggregate: 'deployment', from: ['stopping'], to: 'stopped' },
  { event: 'DeletionRequested', aggregate: 'deployment', from: beforeDeletion, to: 'deleting' },
  { event: 'DeploymentDeleted', aggregate: 'deployment', from: ['deleting'], to: 'deleted' },
] as const satisfies readonly Transition[]

export type TransitionEvent = (typeof TRANSITIONS)[number]['event']

/** The states from which `event` may happen, in the table's order; `when` narrows it to the rows that say that word. */
export const sourcesOf = (event: TransitionEvent, when = ''): readonly Status[] => [
  ...new Set(TRANSITIONS.filter((row) => row.event === event && ('when' in row ? row.when : '').includes(when)).flatMap((row) => row.from)),
]

/** Whether the table lets `event` happen to something that is `status`. */
export const allows = (status: Status, event: TransitionEvent): boolean => sourcesOf(event).includes(status)
