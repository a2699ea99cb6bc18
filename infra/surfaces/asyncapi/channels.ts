import type { EventDefinition } from '../../../events/catalogue.ts'
import type { Message } from '../../../events/messages.ts'

/** One family of NATS subjects. */
export type SubjectFamily = { readonly address: string; readonly title: string; readonly description: string; readonly parameters: Readonly<Record<string, string>> }

const DEPLOYMENT = { deploymentId: 'Id of the deployment.' }
const CLAIM = { claimId: 'The deployment\'s id, `-`, and the epoch of the claim.' }

/** Where the events of a category are: one aggregate is one subject. A category that is missing does not compile. */
export const EVENT_SUBJECTS: Readonly<Record<Exclude<EventDefinition['category'], 'message'>, SubjectFamily>> = {
  capacity: { address: 'events.capacity.{plan}', title: 'Slots of a plan', description: 'Whether any can be had.', parameters: { plan: 'Name of the plan.' } },
  deployment: { address: 'events.deployment.{deploymentId}', title: 'A deployment', description: 'What its owner decided, and the facts that close such a decision.', parameters: DEPLOYMENT },
  drain: { address: 'events.drain.{node}', title: 'The use of a node', description: 'Whether it is to hold slots: what its operator decided, and when it was empty.', parameters: { node: 'Name of the node.' } },
  erasure: { address: 'events.erasure.{erasure}', title: 'An erasure', description: 'How the content of one logistics object is taken out of the store.', parameters: { erasure: 'The deployment\'s id, `-`, and the id of the erasure.' } },
  instance: { address: 'events.instance.{claimId}', title: 'An instance', description: 'The life of one claim. Every event carries the instance\'s full state after it.', parameters: CLAIM },
  name: { address: 'events.name.{name}', title: 'A name', description: 'Who holds it.', parameters: { name: 'The name: a DNS label.' } },
  node: { address: 'events.node.{node}', title: 'A node', description: 'The life of the agent of one machine.', parameters: { node: 'Name of the node.' } },
  parked: { address: 'events.parked.{letterId}', title: 'A dead letter', description: 'What became of an event that was given up.', parameters: { letterId: 'Id of the letter.' } },
  subscription: { address: 'events.subscription.{subscriptionId}', title: 'A subscription', description: 'An HTTP endpoint of another service that gets events.', parameters: { subscriptionId: 'Id of the subscription.' } },
  sweep: { address: 'events.sweep.{deploymentId}', title: 'Sweeps of a record', description: 'What nobody needed any more and was deleted from the store.', parameters: DEPLOYMENT },
}

const timer = (key: string, title: string, description: string, parameters: Readonly<Record<string, string>> = {}): SubjectFamily => ({ address: `timers.due.${key}`, title, description, parameters })

/** Where each message that is no event is. One that is missing does not compile. */
export const MESSAGE_SUBJECTS: Readonly<Record<Message['type'], SubjectFamily>> = {
  ProxyHit: { address: 'hits.{deploymentId}', title: 'Hits', description: 'Somebody waits at the waker: newest only, a hint.', parameters: DEPLOYMENT },
  IdleCheckDue: timer('idle.{claimId}', 'Idle checks', 'Time to look whether an instance that is awake is idle.', CLAIM),
  HibernateDue: timer('hibernate.{claimId}', 'Hibernation', 'Time to hibernate an instance that has been paused long enough.', CLAIM),
  WakeDue: timer('wake.{claimId}', 'Own work', 'What a sleeping instance owes is due.', CLAIM),
  PurgeDue: timer('purge.{deploymentId}', 'Erasure', 'The last credentials of a deleted deployment have lapsed.', DEPLOYMENT),
  EraseDue: timer('erase.{erasure}', 'Erasures that wait', 'The index of the record may have been written anew.', { erasure: 'The deployment\'s id, `-`, and the id of the erasure.' }),
  SweepDue: timer('sweep.{deploymentId}', 'Sweeps of records', 'Time to delete what nobody needs from the store.', DEPLOYMENT),
  ClaimDue: timer('claim.{claimId}', 'Claims that have not begun', 'To be acted on once more.', CLAIM),
  MoveDue: timer('move.{claimId}', 'Moves', 'A slot that serves is to be followed by another one.', CLAIM),
  DrainDue: timer('drain.{node}', 'Drains', 'Time to take the next steps of emptying a node.', { node: 'Name of the node.' }),
  RetireDue: timer('retire.{deploymentId}', 'Ends that have not come', 'A stop or a deletion, to be acted on once more.', DEPLOYMENT),
  HealDue: timer('heal.sweep', 'Sweeps', 'Time to compare what is wanted with what is.'),
  HealDeploymentDue: timer('heal.{deploymentId}', 'Come-backs', 'A deployment that was lost soon after its start has waited long enough.', DEPLOYMENT),
}
