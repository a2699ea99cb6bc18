import fc from 'fast-check'
import * as decide from '../../events/deployment/decide.ts'
import { DEFAULT_SETTINGS, sleepSettings } from '../../events/deployment/settings.ts'
import { claimIdOf } from '../../events/deployment/state.ts'
import type { DomainEvent, RecordedEvent, StreamName } from '../../events/envelope.ts'
import { CatalogueError } from '../../events/errors.ts'
import type { DeploymentEvent } from '../../events/deployment/events.ts'
import * as decideInstance from '../../events/instance/decide.ts'
import type { Instance, InstanceEvent } from '../../events/instance/events.ts'
import type { NameEvent } from '../../events/name/events.ts'
import type { ParkedEvent } from '../../events/parked/events.ts'
import { evolve as evolveLetter, type Letter } from '../../events/parked/state.ts'
import type { SubscriptionEvent } from '../../events/subscription/events.ts'
import { deploymentsOf, type LoadedDeployment } from '../../infra/aggregates/deployments.ts'
import { instancesOf } from '../../infra/aggregates/instances.ts'
import type { EventStore } from '../../infra/event-store/port.ts'
import { LETTER, parkedFirst } from './letters.ts'
import { subscribed, SUBSCRIPTION, subscriptionAfter } from './subscriptions.ts'

/**
 * Histories as they can really happen: random commands to a few deployments and to their claims, old ones included, decided
 * by `decide`; what it refuses does not happen.
 */
type Step = {
  readonly deployment: number
  readonly act: keyof typeof OWN | keyof typeof CLAIM | keyof typeof LETTER
  /** Which claim: 0 the current one, 1 the one before. */
  readonly back: number
  readonly amount: number
}

type Own = (loaded: LoadedDeployment, at: string, amount: number) => readonly DomainEvent[]
const OWN = {
  start: ({ deployment, status }, at) => decide.start({ type: 'StartDeployment', at }, deployment, status),
  stop: ({ deployment, status }, at, amount) => decide.stop({ type: 'StopDeployment', at, ...(amount % 2 ? { reason: 'budget' } : {}) }, deployment, status),
  restart: ({ deployment, status }, at) => decide.restart({ type: 'RestartDeployment', at }, deployment, status),
  remove: ({ deployment, status }, at) => decide.remove({ type: 'DeleteDeployment', at }, deployment, status),
  changeSettings: ({ deployment, status }, at, amount) => decide.changeSettings({ type: 'ChangeSettings', at, settings: amount % 2 ? { pauseAfterSeconds: 1 + amount } : { open: amount % 4 === 0 } }, deployment, status),
  rotate: ({ deployment, status }, at) => decide.rotateCredentials({ type: 'RotateCredentials', at }, deployment, status),
  wake: ({ deployment, status }, at) => decide.wake({ type: 'WakeDeployment', at, since: at }, deployment, status),
  stopped: ({ deployment }, at) => decide.stopped(deployment, at),
  deleted: ({ deployment }, at) => decide.deleted(deployment, at),
  erased: ({ deployment }, at, amount) => decide.erased(deployment, amount, at),
} satisfies Record<string, Own>

type OfClaim = (instance: Instance, at: string, amount: number) => readonly DomainEvent[]
const CLAIM = {
  pause: (instance, at) => decideInstance.requestPause({ at, reason: 'idle' }, instance),
  paused: (instance, at, requests) => decideInstance.paused({ at, requests }, instance),
  abandonPause: (instance, at) => decideInstance.abandonPause('a request came', { at }, instance),
  resume: (instance, at) => decideInstance.requestResume({ at }, instance),
  resumed: (instance, at, wakeMs) => decideInstance.resumed({ at, reason: 'hit', wakeMs: wakeMs / 8 }, instance),
  hibernate: (instance, at) => decideInstance.requestHibernation({ at, reason: 'idle' }, instance),
  hibernated: (instance, at, requests) => decideInstance.hibernated({ at, requests }, instance),
  abandonHibernation: (instance, at) => decideInstance.abandonHibernation('a request came', { at }, instance),
  released: (instance, at, requests) => decideInstance.released({ at, requests, reason: 'superseded' }, instance),
  lost: (instance, at) => decideInstance.lost('the node died', { at }, instance),
  gaveUp: (instance, at) => decideInstance.giveUp('it was lost again and again', { at }, instance),
} satisfies Record<string, OfClaim>

const names = <Acts extends object>(acts: Acts) => Object.keys(acts) as (keyof Acts)[]
const step = fc.record({
  deployment: fc.nat({ max: 2 }),
  // claims live more than owners decide
  act: fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...names(OWN)) }, { weight: 3, arbitrary: fc.constantFrom(...names(CLAIM)) }, { weight: 1, arbitrary: fc.constantFrom(...names(LETTER)) }),
  back: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  amount: fc.nat({ max: 500 }),
})
export const histories: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 10, maxLength: 80, size: 'max' })

/** Lets a history happen in a store. Ids of the deployments: `<prefix>0` to `<prefix>2`. */
export const happen = async (store: EventStore, steps: readonly Step[], prefix = 'dep'): Promise<readonly string[]> => {
  const [deployments, instances] = [deploymentsOf(store), instancesOf(store)]
  let count = 0
  const at = () => new Date(Date.UTC(2026, 0, 1) + count * 1_500).toISOString()
  const append = async (stream: StreamName, events: readonly DomainEvent[]) => {
    const recorded = events.map((event) => ({ ...event, id: `${prefix}-${count++}`, metadata: { correlationId: `request-${count}`, actor: 'operator' } }))
    if (recorded.length > 0) await store.append(stream, recorded, 'any')
  }
  for (const { deployment, act, back, amount } of steps) {
    const id = `${prefix}${deployment}`
    const loaded = await deployments.find(id)
    if (!loaded) {
      await append(`deployment.${id}`, decide.request({ type: 'RequestDeployment', deploymentId: id, name: id, owner: 'operator', plan: 'small', settings: DEFAULT_SETTINGS, at: at() }))
      await append(`name.${id}`, [{ type: 'NameReserved', data: { name: id, deploymentId: id, at: at() } }])
      await append(`subscription.${id}`, subscribed(id, at(), amount))
      continue
    }
    if (act in LETTER) {
      const letterId = `letter-${id}-${amount % 2}`
      const letter = (await store.read<ParkedEvent>(`parked.${letterId}`)).reduce<Letter | null>((before, event) => evolveLetter(before, event, event.revision), null)
      await append(`parked.${letterId}`, decided(() => (letter ? LETTER[act as keyof typeof LETTER](letter, at(), amount) : parkedFirst(letterId, id, at(), amount))))
      const subscription = subscriptionAfter(await store.read<SubscriptionEvent>(`subscription.${id}`))
      await append(`subscription.${id}`, decided(() => (subscription && SUBSCRIPTION[amount % SUBSCRIPTION.length]?.(subscription, at(), amount)) ?? []))
      continue
    }
    const events = decided(() => (act in OWN ? OWN[act as keyof typeof OWN](loaded, at(), amount) : []))
    await append(`deployment.${id}`, events)
    const epoch = back === 0 ? loaded.deployment.epoch : loaded.deployment.previousEpoch
    if (act in OWN || epoch === null) continue
    const claimId = claimIdOf(id, epoch)
    const instance = (await instances.current(claimId))?.instance
    await append(`instance.${claimId}`, decided(() => (instance ? CLAIM[act as keyof typeof CLAIM](instance, at(), amount) : begun(loaded, claimId, epoch, at(), amount))))
  }
  return [...new Set(steps.map(({ deployment }) => `${prefix}${deployment}`))]
}

/** All events of a store, in its order. */
export const eventsIn = async (store: EventStore): Promise<readonly RecordedEvent<DeploymentEvent | InstanceEvent | NameEvent | ParkedEvent>[]> => {
  const events: RecordedEvent[] = []
  for await (const event of store.readAll({ unreadable: () => {} })) events.push(event) // what is no event is not among them
  return events as RecordedEvent<DeploymentEvent | InstanceEvent | NameEvent | ParkedEvent>[]
}

const begun = ({ deployment }: LoadedDeployment, claimId: string, epoch: number, at: string, amount: number): readonly DomainEvent[] => {
  const { deploymentId, name, plan, settings } = deployment
  const held = { node: `node-${amount % 3}`, slot: `slot-${epoch}`, address: `127.0.0.1:${20_000 + amount}` }
  const instance: Instance = { claimId, deploymentId, name, epoch, plan, settings: sleepSettings(settings), ...held, status: 'running', since: at, startedAt: null, wakes: 0, requests: 0 }
  const reason = (['create', 'start', 'restart', 'wake', 'heal'] as const)[amount % 5] ?? 'create'
  return amount % 7 === 0 ? decideInstance.fail({ ...instance, node: null, slot: null, address: null }, 'no slot', { at }) : decideInstance.start(instance, reason, amount / 4)
}

/** What was decided; nothing when it was refused. */
const decided = (decision: () => readonly DomainEvent[]): readonly DomainEvent[] => {
  try {
    return decision()
  } catch (error) {
    if (error instanceof CatalogueError && error.kind === 'rejected') return []
    throw error
  }
}
