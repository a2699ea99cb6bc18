import { failure } from '../errors.ts'
import { logTailOf } from '../log-tail.ts'
import { spoken } from '../text.ts'
import type { ClaimReason, MoveReason } from '../deployment/events.ts'
import type { Instance, InstanceEvent, InstanceStatus } from './events.ts'
import { holdsSlot } from './state.ts'

/**
 * Decisions about one claim. Pure: time comes in. [] means there is nothing to do. Intents (`PauseRequested`) and facts
 * (`InstancePaused`) are different events: a function turns one into the other and may run twice.
 */
type At = { readonly at: string }
/** What the slot wrote last, as far as it is known. */
type Output = { readonly output?: readonly string[] }
type Awake = { readonly at: string; readonly requests: number }

const event = <T extends InstanceEvent['type'], X extends object>(type: T, instance: Instance, status: InstanceStatus, at: string, extra: X, change: Partial<Instance> = {}) => {
  const after: Instance = { ...instance, ...change, status, since: status === instance.status ? instance.since : at }
  return { type, data: { deploymentId: instance.deploymentId, claimId: instance.claimId, at, ...extra, instance: after } }
}

/** Milliseconds since it became awake, and the requests of that time. */
const awakeUntil = (instance: Instance, { at, requests }: Awake) => ({
  awakeMs: ['paused', 'waking'].includes(instance.status) ? 0 : Math.max(0, Date.parse(at) - Date.parse(instance.since)),
  requests,
})

/** A reason as the schemas take it, whatever an error said. */
const because = (reason: string) => ({ reason: spoken(reason, 500) || 'no reason was given' })

/** The slot answers: first event of a claim's stream. `instance` is as the claim gave it. */
export const start = (instance: Instance, reason: ClaimReason, wakeMs: number): InstanceEvent[] => [
  event('InstanceStarted', instance, 'running', instance.since, { reason, wakeMs }, { startedAt: instance.since }),
]

/** No slot could be had, or it did not come up. */
export const fail = (instance: Instance, reason: string, { at, output = [] }: At & Output): InstanceEvent[] => [
  event('InstanceFailed', instance, 'failed', at, { ...because(reason), logTail: logTailOf(output) }),
]

/** A claim that was lost like those before it: no more are asked for until its owner starts it. */
export const giveUp = (reason: string, fact: At & Output, instance: Instance): InstanceEvent[] => (instance.status === 'lost' ? fail(instance, reason, fact) : [])

/** @throws NOT_RUNNING */
export const requestPause = (command: At & { reason: 'idle' | 'requested' }, instance: Instance): InstanceEvent[] => {
  if (instance.status === 'paused' || instance.status === 'pausing') return []
  if (instance.status !== 'running') throw failure('NOT_RUNNING', { name: instance.name, status: instance.status, participle: 'paused' })
  // `since` of the running time stays: the fact that closes the pause tells how long it was awake
  return [event('PauseRequested', instance, 'pausing', command.at, { reason: command.reason }, {})].map(keepSince(instance))
}

export const paused = (fact: Awake, instance: Instance): InstanceEvent[] =>
  instance.status === 'pausing'
    ? [event('InstancePaused', instance, 'paused', fact.at, awakeUntil(instance, fact), { requests: instance.requests + fact.requests })]
    : []

export const abandonPause = (reason: string, { at }: At, instance: Instance): InstanceEvent[] =>
  instance.status === 'pausing' ? [event('PauseAbandoned', instance, 'running', at, because(reason))].map(keepSince(instance)) : []

/** Where there is no slot to resume there is nothing to do: that takes a new claim, see `wake` of the deployment. */
export const requestResume = ({ at }: At, instance: Instance): InstanceEvent[] =>
  instance.status === 'paused' ? [event('ResumeRequested', instance, 'waking', at, {})] : []

export const resumed = (fact: At & { reason: 'hit' | 'requested'; wakeMs: number }, instance: Instance): InstanceEvent[] =>
  instance.status === 'paused' || instance.status === 'waking'
    ? [event('InstanceResumed', instance, 'running', fact.at, { reason: fact.reason, wakeMs: fact.wakeMs }, { wakes: instance.wakes + 1 })]
    : []

/** @throws NOT_RUNNING */
export const requestHibernation = (command: At & { reason: 'idle' | 'requested' | MoveReason }, instance: Instance): InstanceEvent[] => {
  if (instance.status === 'hibernated' || instance.status === 'hibernating') return []
  if (instance.status !== 'running' && instance.status !== 'paused')
    throw failure('NOT_RUNNING', { name: instance.name, status: instance.status, participle: 'hibernated' })
  const intent = event('HibernateRequested', instance, 'hibernating', command.at, { reason: command.reason })
  // from pause there was no awake time: the clock starts with the intent
  return instance.status === 'paused' ? [intent] : [intent].map(keepSince(instance))
}

export const hibernated = (fact: Awake, instance: Instance): InstanceEvent[] =>
  instance.status === 'hibernating'
    ? [event('InstanceHibernated', instance, 'hibernated', fact.at, awakeUntil(instance, fact), { requests: instance.requests + fact.requests, node: null, slot: null, address: null })]
    : []

export const abandonHibernation = (reason: string, { at }: At, instance: Instance): InstanceEvent[] =>
  instance.status === 'hibernating' ? [event('HibernateAbandoned', instance, 'running', at, because(reason))].map(keepSince(instance)) : []

export type ReleaseReason = Extract<InstanceEvent, { type: 'InstanceReleased' }>['data']['reason']

/** The slot was given back because its owner wanted so, or a newer claim takes over. */
export const released = (fact: Awake & { readonly reason: ReleaseReason; readonly cutOff?: string | null }, instance: Instance): InstanceEvent[] =>
  holdsSlot(instance)
    ? [event('InstanceReleased', instance, 'released', fact.at, { ...awakeUntil(instance, fact), reason: fact.reason, cutOff: fact.cutOff ? because(fact.cutOff).reason : null }, { requests: instance.requests + fact.requests, node: null, slot: null, address: null })]
    : []

type LimitFact = At & Pick<Extract<InstanceEvent, { type: 'LimitReached' }>['data'], 'limit' | 'usage'>

/** Its owner hears of it; it goes on. */
export const limitReached = ({ at, limit, usage }: LimitFact, instance: Instance): InstanceEvent[] =>
  holdsSlot(instance) ? [event('LimitReached', instance, instance.status, at, { limit, usage })] : []

/** The slot died, or its node did. */
export const lost = (reason: string, { at, cause = 'slot', output = [] }: At & Output & { readonly cause?: 'slot' | 'node' }, instance: Instance): InstanceEvent[] =>
  holdsSlot(instance)
    ? [event('InstanceLost', instance, 'lost', at, { ...because(reason), cause, before: instance.status, logTail: logTailOf(output) }, { node: null, slot: null, address: null })]
    : []

const keepSince = (before: Instance) => <E extends { data: { instance: Instance } }>(made: E): E =>
  ({ ...made, data: { ...made.data, instance: { ...made.data.instance, since: before.since } } })
