import { setTimeout as sleep } from 'node:timers/promises'
import { jetstream } from '@nats-io/jetstream'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { request } from '../../events/deployment/decide.ts'
import { DEFAULT_SETTINGS } from '../../events/deployment/settings.ts'
import { messageSchemas } from '../../events/messages.ts'
import * as instance from '../../events/instance/decide.ts'
import { natsAgents } from '../../infra/agent/client.ts'
import { SIGNING_KEY, startGround, startTestAgent, visit, type Ground } from '../../infra/agent/testing/agent.ts'
import { caused } from '../../infra/aggregates/append.ts'
import { deploymentsOf } from '../../infra/aggregates/deployments.ts'
import { instancesOf } from '../../infra/aggregates/instances.ts'
import type { Subscription } from '../../infra/event-store/port.ts'
import { STREAM } from '../../infra/nats/subjects.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { testPlatform } from '../../infra/platform/testing.ts'
import { deliver, deliveryOfEvent, type AnyReaction } from '../../infra/platform/testing/deliver.ts'
import { causeOfTest, METADATA } from '../../infra/platform/testing/given.ts'
import { jetStreamTimers } from '../../infra/timers/jetstream.ts'
import { coldStart } from '../cold-start/handler.ts'
import { provision } from '../provision/handler.ts'
import { idle } from './handler.ts'

// A real agent and slots, a real broker with its timers: what a slot owes while it sleeps is due two seconds after its claim.
const LONG = { timeout: 60_000, interval: 100 }

let ground: Ground
let on: Platform
let agent: Awaited<ReturnType<typeof startTestAgent>>
const subscriptions: Subscription[] = []
const ending = new AbortController()
let timers: Promise<void>

beforeAll(async () => {
  ground = await startGround()
  on = {
    ...testPlatform(), store: ground.store, deployments: deploymentsOf(ground.store), instances: instancesOf(ground.store), routes: ground.routes,
    agents: await natsAgents(ground.connection), timers: await jetStreamTimers(ground.connection), clock: () => new Date(),
  }
  agent = await startTestAgent(ground)
  await hear('provision', provision, ['events.deployment.*'], ['ClaimRequested'])
  await hear('idle', idle, ['events.instance.*'], ['PauseRequested', 'HibernateRequested'])
  timers = hearTimers()
}, 60_000)
afterEach(() => vi.restoreAllMocks())
afterAll(async () => {
  ending.abort()
  for (const subscription of subscriptions) await subscription.close()
  await timers
  await agent.end()
  await on.agents.close()
  await ground.stop()
})

const hear = async (name: string, react: AnyReaction, subjects: readonly string[], types: readonly string[]): Promise<void> => {
  subscriptions.push(await ground.store.subscribe({ group: name, subjects, types }, async ({ event, attempt }) => {
    try {
      await deliver(react, deliveryOfEvent(event), on, { as: name, attempt })
      return { verdict: 'ack' }
    } catch (error) {
      return { verdict: 'retry', delayMs: 200, reason: String(error) }
    }
  }))
}

/** Claims that could not be woken at once. */
const inVain = new Set<string>()

/** What the broker hands out when it is due goes to cold-start, again until that has done it. */
const hearTimers = async (): Promise<void> => {
  const consumer = await jetstream(ground.connection).consumers.get(STREAM.timers, { filter_subjects: ['timers.due.wake.>'] })
  const messages = await consumer.consume()
  ending.signal.addEventListener('abort', () => messages.stop())
  for await (const message of messages) {
    const data = messageSchemas.WakeDue.parse(message.json())
    while (!ending.signal.aborted) {
      const done = await coldStart({ type: 'WakeDue', data }, causeOfTest(`timer ${message.seq}`), on).then(() => true, () => false)
      if (done) break
      inVain.add(data.claimId)
      await sleep(200)
    }
  }
}

let made = 0
/** A deployment that runs and owes work. */
const owing = async (): Promise<string> => {
  const deploymentId = `owing${(made += 1)}x${process.pid}`
  const events = request({ type: 'RequestDeployment', deploymentId, name: 'owing-soon', owner: 'operator', plan: 'small', settings: DEFAULT_SETTINGS, at: new Date().toISOString() })
  await on.store.append(`deployment.${deploymentId}`, caused(events, deploymentId, METADATA), 'none')
  await is(deploymentId, 'running')
  return deploymentId
}
const is = (id: string, status: string) => vi.waitFor(async () => expect((await on.deployments.load(id)).status).toBe(status), LONG)
const claimOf = async (id: string) => {
  const loaded = (await on.deployments.load(id)).instance?.instance
  if (!loaded) throw new Error(`${id} has no claim`)
  return loaded
}
const fallAsleep = async (id: string, how: 'pause' | 'hibernate'): Promise<void> => {
  const { claimId } = await claimOf(id)
  const command = { reason: 'requested', at: new Date().toISOString() } as const
  await on.instances.change(claimId, (today) => (how === 'pause' ? instance.requestPause(command, today) : instance.requestHibernation(command, today)), `${how} ${claimId} ${Date.now()}`, METADATA)
}
const worked = async (id: string): Promise<number | undefined> => {
  const { address, claimId } = await claimOf(id)
  return (await visit(address ?? '', claimId, '/', SIGNING_KEY)).body.worked
}
/** Types of the events of its first claim, oldest first. */
const life = async (id: string) => (await on.store.read(`instance.${id}-1`)).map(({ type }) => type)

test('one that is paused wakes when its work is due, does it, and sleeps again with nothing due', async () => {
  const id = await owing()
  await fallAsleep(id, 'pause')
  await vi.waitFor(async () => expect(await life(id)).toEqual(['InstanceStarted', 'PauseRequested', 'InstancePaused', 'InstanceResumed']), LONG)
  expect(await worked(id)).toBe(1)
  const scheduled = vi.spyOn(on.timers, 'schedule')
  await fallAsleep(id, 'pause')
  await is(id, 'paused')
  expect(scheduled.mock.calls.filter(([key]) => key.startsWith('wake.'))).toEqual([])
})

test('one that hibernates gets another slot when its work is due', async () => {
  const id = await owing()
  await fallAsleep(id, 'hibernate')
  await vi.waitFor(async () => expect((await claimOf(id)).claimId).not.toBe(`${id}-1`), LONG)
  await is(id, 'running')
  expect(await life(id)).toEqual(['InstanceStarted', 'HibernateRequested', 'InstanceHibernated'])
})

test('one that hibernates from its pause gets another slot all the same', async () => {
  const id = await owing()
  await fallAsleep(id, 'pause')
  await vi.waitFor(async () => expect(await life(id)).toContain('InstancePaused'), LONG)
  await fallAsleep(id, 'hibernate')
  await vi.waitFor(async () => expect((await claimOf(id)).claimId).not.toBe(`${id}-1`), LONG)
  await is(id, 'running')
})

test('what came due while no agent was there is done when one is', async () => {
  const id = await owing()
  await fallAsleep(id, 'pause')
  await is(id, 'paused')
  const { dataDir } = agent
  await agent.leave()
  await vi.waitFor(() => expect(inVain).toContain(`${id}-1`), LONG) // its time has come
  expect((await on.deployments.load(id)).status).toBe('paused')
  agent = await startTestAgent(ground, { dataDir })
  await is(id, 'running')
  expect(await worked(id)).toBe(1)
})
