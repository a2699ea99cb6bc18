import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { DeploymentEvent } from '../../events/deployment/events.ts'
import { DEFAULT_SETTINGS, sleepSettings } from '../../events/deployment/settings.ts'
import type { DomainEvent } from '../../events/envelope.ts'
import { fail, paused, requestPause, resumed, start } from '../../events/instance/decide.ts'
import type { Instance } from '../../events/instance/events.ts'
import type { EventStore } from '../event-store/port.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { randomId } from '../ids.ts'
import { logger } from '../log.ts'
import { onReconnect } from '../nats/connect.ts'
import { keepStreams } from '../nats/streams.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { followRoutes, type RoutesFollower } from './follower.ts'
import { natsRoutes } from './nats.ts'
import type { Routes } from './port.ts'

const at = '2026-01-01T00:00:00.000Z'
const log = logger('routes', 'silent')
let nats: NatsServer
let connection: NatsConnection
let store: EventStore
let routes: Routes
let follower: RoutesFollower
const ending = new AbortController()

beforeAll(async () => {
  nats = await startNats()
  connection = await connect({ servers: nats.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 })
  await keepStreams(connection)
  store = await jetStreamEventStore({ nc: connection })
  routes = natsRoutes(connection)
  await deploy('old')
  await append('instance.old-1', ...start(instance('old', 5001), 'create', 1))
  follower = followRoutes({ store, routes, signal: ending.signal, log })
  onReconnect(connection, follower.rewrite)
})
afterAll(async () => {
  ending.abort()
  await follower.ended
  await connection.close()
  await nats.stop()
})

const append = (stream: `${string}.${string}`, ...events: readonly DomainEvent[]) =>
  store.append(stream, events.map((event) => ({ ...event, id: randomId(), metadata: { correlationId: 'c', actor: 'test' } })), 'any')

const deploy = (id: string) => {
  const base = { deploymentId: id, name: id, at }
  const events: DeploymentEvent[] = [
    { type: 'DeploymentRequested', data: { ...base, owner: 'o', plan: 'small', settings: DEFAULT_SETTINGS } },
    { type: 'ClaimRequested', data: { ...base, reason: 'create', since: at } },
  ]
  return append(`deployment.${id}`, ...events)
}
const instance = (id: string, port: number): Instance => ({
  claimId: `${id}-1`, deploymentId: id, name: id, epoch: 1, plan: 'small', settings: sleepSettings(DEFAULT_SETTINGS), status: 'running', since: at, node: 'n', slot: 's',
  address: `127.0.0.1:${port}`, startedAt: at, wakes: 0, requests: 0,
})
const expectRoute = (id: string, part: object) => vi.waitFor(async () => expect(await routes.get(id)).toMatchObject(part), { timeout: 15_000, interval: 10 })

describe('the routes projection', () => {
  it('writes what was there before it began', () => expectRoute('old', { state: 'routed', address: '127.0.0.1:5001', claimId: 'old-1' }))

  it('follows a deployment through its life', async () => {
    const running = instance('life', 5002)
    await deploy('life')
    await expectRoute('life', { state: 'asleep', claimId: 'life-1' })
    const { position } = await append('instance.life-1', ...start(running, 'create', 1))
    await expectRoute('life', { state: 'routed', address: '127.0.0.1:5002', sequence: position })
    await append('instance.life-1', ...requestPause({ at, reason: 'idle' }, running))
    await expectRoute('life', { state: 'asleep' })
    await append('instance.life-1', ...paused({ at, requests: 0 }, { ...running, status: 'pausing' }))
    await append('instance.life-1', ...resumed({ at, reason: 'hit', wakeMs: 1 }, { ...running, status: 'paused' }))
    await expectRoute('life', { state: 'routed' })
    await append('instance.life-1', ...fail(running, 'it broke', { at }))
    await expectRoute('life', { state: 'failed', reason: 'it broke' })
    await append('deployment.life', { type: 'DeletionRequested', data: { deploymentId: 'life', name: 'life', at } })
    await expectRoute('life', { state: 'deleted' })
  })

  it('writes every route again after the broker lost them, and goes on', async () => {
    await nats.restart()
    await expectRoute('old', { state: 'routed', address: '127.0.0.1:5001' })
    await expectRoute('life', { state: 'deleted' })
    await vi.waitFor(() => deploy('after'), { timeout: 15_000 })
    await expectRoute('after', { state: 'asleep', claimId: 'after-1' })
  })

  it('passes over what is no event: every other deployment is found, now and by whoever starts anew', async () => {
    for (const [subject, body] of [['events.deployment.none', '{"deploymentId":7}'], ['events.instance.old-1-none', 'x'], ['events.deployment.empty', '']] as const) await connection.request(subject, body)
    await deploy('beyond')
    await expectRoute('beyond', { state: 'asleep', claimId: 'beyond-1' })
  })

  it('writes the same to whoever starts anew', async () => {
    const written = new Map<string, unknown>()
    const signal = new AbortController()
    await new Promise<void>((resolve) => {
      followRoutes({ store, signal: signal.signal, log, onCaughtUp: resolve, routes: { put: async (route) => (written.set(route.deploymentId, route), route) } })
    })
    signal.abort()
    for (const id of ['old', 'life', 'after', 'beyond']) expect(written.get(id)).toEqual(await routes.get(id))
  })
})
