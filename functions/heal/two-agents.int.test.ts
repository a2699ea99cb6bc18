import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { request } from '../../events/deployment/decide.ts'
import { DEFAULT_SETTINGS } from '../../events/deployment/settings.ts'
import type { NodeEvent } from '../../events/node/events.ts'
import { natsAgents } from '../../infra/agent/client.ts'
import { SIGNING_KEY, startGround, visit, type Ground } from '../../infra/agent/testing/agent.ts'
import { agentProcess } from '../../infra/agent/testing/agent-process.ts'
import { isAlive } from '../../infra/agent/proc.ts'
import { readRecords, slotsFolder } from '../../infra/agent/slot-records.ts'
import { caused } from '../../infra/aggregates/append.ts'
import { deploymentsOf } from '../../infra/aggregates/deployments.ts'
import { instancesOf } from '../../infra/aggregates/instances.ts'
import type { Subscription } from '../../infra/event-store/port.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { testPlatform } from '../../infra/platform/testing.ts'
import { deliver, deliveryOfEvent, type AnyReaction } from '../../infra/platform/testing/deliver.ts'
import { causeOfTest, METADATA } from '../../infra/platform/testing/given.ts'
import { jetStreamTimers } from '../../infra/timers/jetstream.ts'
import { provision } from '../provision/handler.ts'
import { heal } from './handler.ts'

// Two agents as the processes that they are, each with its own slots, on a real broker and object store.
const LEASE_SECONDS = 4
const LONG = { timeout: 90_000, interval: 250 }

let ground: Ground
let on: Platform
let one: Awaited<ReturnType<typeof agentProcess>>
let two: Awaited<ReturnType<typeof agentProcess>>
const subscriptions: Subscription[] = []
let watching = true

beforeAll(async () => {
  ground = await startGround()
  const own = { LEASE_SECONDS: String(LEASE_SECONDS), SPARE_SLOTS: '3', HEAL_EVERY_SECONDS: '3600' }
  ;[one, two] = await Promise.all([agentProcess(ground, 'node-1', own), agentProcess(ground, 'node-2', own)])
  const base = testPlatform({ heal: { leaseMs: LEASE_SECONDS * 1_000 } })
  on = {
    ...base, store: ground.store, deployments: deploymentsOf(ground.store), instances: instancesOf(ground.store), routes: ground.routes,
    agents: await natsAgents(ground.connection), timers: await jetStreamTimers(ground.connection), clock: () => new Date(),
  }
  await hear('provision', provision, ['events.deployment.*'], ['ClaimRequested'])
  await hear('heal', heal, ['events.instance.*', 'events.node.*'], ['InstanceLost', 'AgentStarted'])
}, 60_000)
afterAll(async () => {
  watching = false
  for (const subscription of subscriptions) await subscription.close()
  await Promise.all([one.end(), two.end()])
  await on.agents.close()
  await ground.stop()
})

/** Delivers as the dispatcher does, without an HTTP request between. */
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
let sweeps = 0
const sweep = () => heal({ type: 'HealDue', data: { cursor: null, spent: null } }, causeOfTest(`sweep ${(sweeps += 1)}`), on)

const claimOf = async (id: string) => {
  const loaded = await on.deployments.load(id)
  return { status: loaded.status, claimId: loaded.instance?.instance.claimId ?? '', node: loaded.instance?.instance.node ?? null, address: loaded.instance?.instance.address ?? '' }
}
const serves = async (id: string) => {
  const { claimId, address } = await claimOf(id)
  return visit(address, claimId, '/', SIGNING_KEY).then(({ status }) => status, () => 0)
}

test('claims are spread; what an agent that dies for good held comes up on the other, never beside it; back again, it ends what was given up', async () => {
  const ids = Array.from({ length: 6 }, (_, index) => `deployment${index}`)
  for (const deploymentId of ids) {
    const events = request({ type: 'RequestDeployment', deploymentId, name: `demo-${deploymentId}`, owner: 'operator', plan: 'small', settings: { ...DEFAULT_SETTINGS, open: true }, at: new Date().toISOString() })
    await on.store.append(`deployment.${deploymentId}`, caused(events, deploymentId, METADATA), 'none')
    await vi.waitFor(async () => expect(await claimOf(deploymentId)).toMatchObject({ status: 'running' }), LONG)
  }
  const before = new Map(await Promise.all(ids.map(async (id) => [id, await claimOf(id)] as const)))
  const there = ids.filter((id) => before.get(id)?.node === 'node-2')
  expect(there.length).toBeGreaterThan(0)
  expect(there.length).toBeLessThan(ids.length)

  await two.stop('SIGKILL')
  const slots = readRecords(slotsFolder(two.dataDir)).filter(({ claim }) => claim !== null)
  expect(slots.filter(({ pid, startTime }) => isAlive(pid, startTime))).toHaveLength(there.length)
  // whoever still knows the old address asks there all the time
  const doubled: string[] = []
  const watch = Promise.all(there.map(async (id) => {
    const { claimId, address } = before.get(id) ?? { claimId: '', address: '' }
    while (watching) {
      const successor = (await on.deployments.load(id)).instance?.instance
      const { status } = await visit(address, claimId).catch(() => ({ status: 0 }))
      if (status === 200 && successor?.claimId !== claimId && successor?.status === 'running') doubled.push(`${id} at ${address}`)
    }
  }))
  await vi.waitFor(async () => {
    await sweep()
    expect(await Promise.all(there.map(claimOf))).toEqual(there.map(() => expect.objectContaining({ status: 'running', node: 'node-1' }) as unknown))
  }, LONG)
  expect(await Promise.all(ids.map(serves))).toEqual(ids.map(() => 200))
  expect((await on.store.read<NodeEvent>('node.node-2')).map(({ type }) => type)).toEqual(['AgentStarted', 'AgentLost'])

  await two.restart()
  await vi.waitFor(() => expect(slots.filter(({ pid, startTime }) => isAlive(pid, startTime))).toEqual([]), LONG)
  expect(await on.agents.claims('node-2')).toEqual([])
  expect(await Promise.all(there.map(async (id) => (await claimOf(id)).node))).toEqual(there.map(() => 'node-1'))
  watching = false
  await watch
  expect(doubled).toEqual([])
}, 240_000)
