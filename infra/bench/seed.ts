import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import * as deployment from '../../events/deployment/decide.ts'
import { DEFAULT_SETTINGS, sleepSettings } from '../../events/deployment/settings.ts'
import { claimIdOf } from '../../events/deployment/state.ts'
import type { DomainEvent, NewEvent } from '../../events/envelope.ts'
import * as instance from '../../events/instance/decide.ts'
import type { Instance, InstanceEvent } from '../../events/instance/events.ts'
import type { LoadedDeployment } from '../aggregates/deployments.ts'
import type { LoadedInstance } from '../aggregates/instances.ts'
import type { EventStore } from '../event-store/port.ts'
import { derivedId, randomId } from '../ids.ts'
import { STREAM } from '../nats/subjects.ts'

/** Histories as the playground itself would have written them, without the hours that took: the same decisions, the same store. */
const METADATA = { correlationId: 'seed', actor: 'bench' }
const PER_APPEND = 900

const asNew = (events: readonly DomainEvent[]): readonly NewEvent[] => events.map((event) => ({ ...event, id: randomId(), metadata: METADATA }))

/** Sleep-wake cycles of a running instance, appended after what it has. */
export const seedCycles = async (store: EventStore, { instance: begun, revision }: LoadedInstance, cycles: number): Promise<void> => {
  let [current, expected, events]: [Instance, number, InstanceEvent[]] = [begun, revision, []]
  const write = async () => {
    if (events.length > 0) expected = (await store.append(`instance.${begun.claimId}`, asNew(events), expected)).revision
    events = []
  }
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const at = new Date().toISOString()
    for (const decide of [
      (of: Instance) => instance.requestPause({ at, reason: 'idle' }, of),
      (of: Instance) => instance.paused({ at, requests: 1 }, of),
      (of: Instance) => instance.resumed({ at, reason: 'hit', wakeMs: 5 }, of),
    ]) {
      for (const event of decide(current)) {
        events.push(event)
        current = event.data.instance
      }
    }
    if (events.length >= PER_APPEND) await write()
  }
  await write()
}

/** A claim's whole life, from its start to its hibernation. */
const life = (begun: Instance, reason: 'create' | 'wake', at: string): readonly InstanceEvent[] =>
  [
    () => instance.start(begun, reason, 30),
    (today: Instance) => instance.requestHibernation({ at, reason: 'idle' }, today),
    (today: Instance) => instance.hibernated({ at, requests: 1 }, today),
  ].reduce<InstanceEvent[]>((events, decide) => [...events, ...decide(events.at(-1)?.data.instance ?? begun)], [])

/** Claims that woke a hibernated deployment and hibernated again; each in one atomic step. */
export const seedClaims = async (store: EventStore, { deployment: today, status }: LoadedDeployment, count: number): Promise<void> => {
  const { deploymentId, name, plan, settings } = today
  for (let epoch = today.revision + 1; epoch <= today.revision + count; epoch += 1) {
    const [at, claimId] = [new Date().toISOString(), claimIdOf(deploymentId, epoch)]
    const begun: Instance = {
      claimId, deploymentId, name, epoch, plan, settings: sleepSettings(settings), status: 'running', since: at, node: 'node-1', slot: 'gone', address: '127.0.0.1:1', startedAt: null, wakes: 0, requests: 0,
    }
    await store.appendAll([
      { stream: `deployment.${deploymentId}`, expected: epoch - 1, events: asNew(deployment.wake({ type: 'WakeDeployment', since: at, at }, today, status)) },
      { stream: `instance.${claimId}`, expected: 'none', events: asNew(life(begun, 'wake', at)) },
    ])
  }
}

/** Deployments that were made, ran and hibernated; each in one atomic step, so that nothing reacts to half of it. */
export const seedHibernated = async (store: EventStore, count: number, progress: (text: string) => void): Promise<void> => {
  for (let number = 0; number < count; number += 1) {
    const [deploymentId, name, at] = [derivedId('seeded', String(number)), `seeded-${String(number).padStart(6, '0')}`, new Date().toISOString()]
    const claimId = claimIdOf(deploymentId, 1)
    const of: Instance = {
      claimId, deploymentId, name, epoch: 1, plan: 'small', settings: sleepSettings(DEFAULT_SETTINGS), status: 'running', since: at, node: 'node-1', slot: 'gone',
      address: '127.0.0.1:1', startedAt: null, wakes: 0, requests: 0,
    }
    await store.appendAll([
      { stream: `deployment.${deploymentId}`, expected: 'none', events: asNew(deployment.request({ type: 'RequestDeployment', deploymentId, name, owner: 'operator', plan: 'small', settings: DEFAULT_SETTINGS, at })) },
      { stream: `name.${name}`, expected: 'none', events: asNew([{ type: 'NameReserved', data: { name, deploymentId, at } }]) },
      { stream: `instance.${claimId}`, expected: 'none', events: asNew(life(of, 'create', at)) },
    ])
    if (number > 0 && number % 2_000 === 0) progress(`${number} of ${count} deployments seeded`)
  }
}

/** Everybody who reacts to events has reacted to all there are. @throws Error when that takes more than ten minutes */
export const settled = async (connection: NatsConnection): Promise<void> => {
  const manager = await jetstreamManager(connection)
  for (const end = Date.now() + 600_000; Date.now() < end; await sleep(500)) {
    let left = 0
    for await (const { num_pending, num_ack_pending } of manager.consumers.list(STREAM.events)) left += num_pending + num_ack_pending
    if (left === 0) return
  }
  throw new Error('the reactions to what was seeded do not come to an end')
}
