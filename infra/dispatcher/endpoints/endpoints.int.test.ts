import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as decide from '../../../events/subscription/decide.ts'
import { subscriptionsOf, type Subscriptions } from '../../aggregates/subscriptions.ts'
import { webhookSecret } from '../../delivery/webhook.ts'
import { jetStreamEventStore } from '../../event-store/jetstream/store.ts'
import { ensureStreams } from '../../nats/streams.ts'
import { STREAM } from '../../nats/subjects.ts'
import { wireBody, wireHeaders } from '../../nats/wire.ts'
import { parseAllow } from '../../outbound/allow.ts'
import { openOutbound } from '../../outbound/client.ts'
import type { Outbound } from '../../outbound/port.ts'
import { natsSubscribers } from '../../subscriptions/jetstream.ts'
import { openNotes } from '../../subscriptions/notes.ts'
import { groupOf, type DeliveryState } from '../../subscriptions/port.ts'
import { startNats, type NatsServer } from '../../testing/servers.ts'
import { startDispatcher } from '../dispatcher.ts'
import { CREDENTIALS, KEY, TestGateway } from '../testing/gateway.ts'
import { letterBox } from '../testing/letters.ts'
import { startEndpoints, type Endpoints } from './endpoints.ts'
import { Receiver } from './testing.ts'

const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }, pino.destination(2))
const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 40_000, interval: 20 })
const metadata = { correlationId: 'c1', actor: 'test' }
const now = () => new Date().toISOString()

describe('endpoints of other services', () => {
  let nats: NatsServer
  let connection: NatsConnection
  let subscriptions: Subscriptions
  let receiver: Receiver
  let outbound: Outbound
  const running = new Set<Endpoints>()
  let commands = 0

  const publish = async (to: string, id: string, type = 'Happened'): Promise<void> => {
    const message = headers()
    for (const [name, value] of wireHeaders({ id, type, version: 1, metadata, data: { id }, revision: 0 })) message.set(name, value)
    await jetstream(connection).publish(to, wireBody({ id, type, version: 1, metadata, data: { id } }), { headers: message })
  }
  const start = async (graceMs = 0): Promise<Endpoints> => {
    const endpoints = startEndpoints({ connection, outbound, signingKey: KEY, replicas: 1, log, graceMs, lookEveryMs: 200 })
    running.add(endpoints)
    await endpoints.ready
    return endpoints
  }
  const stop = async (endpoints: Endpoints): Promise<void> => {
    running.delete(endpoints)
    await endpoints.close()
  }
  const subscribe = async (terms: Partial<decide.CreateSubscription> = {}): Promise<string> => {
    const subscriptionId = `s${(commands += 1)}`
    const events = decide.create({ subscriptionId, owner: 'operator', url: receiver.url, topics: ['events.deployment.*'], types: null, description: null, from: 'now', at: now(), ...terms })
    await subscriptions.begin(subscriptionId, events, `cause-${commands}`, metadata)
    receiver.secret = webhookSecret(KEY, subscriptionId, 1)
    return subscriptionId
  }
  const change = (id: string, decision: Parameters<Subscriptions['change']>[1]) => subscriptions.change(id, decision, `cause-${(commands += 1)}`, metadata)
  const stateOf = async (id: string): Promise<DeliveryState> => (await natsSubscribers({ connection, replicas: 1, outbound, signingKey: KEY })).deliveries(id)
  const hasConsumer = async (id: string): Promise<boolean> =>
    (await (await jetstreamManager(connection)).consumers.list(STREAM.events).next()).some(({ name }) => name === groupOf(id))

  beforeAll(async () => {
    nats = await startNats({ syncAlways: false })
  })
  afterAll(() => nats.stop())
  beforeEach(async () => {
    connection = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    await ensureStreams(connection)
    subscriptions = subscriptionsOf(await jetStreamEventStore({ nc: connection }))
    receiver = await new Receiver().start()
    outbound = openOutbound({ allow: parseAllow('127.0.0.1/32'), ownHosts: [], totalMs: 1_000 })
  })
  afterEach(async () => {
    await receiver.stop()
    await Promise.all([...running].map(stop))
    outbound.close()
    const manager = await jetstreamManager(connection)
    for (const stream of Object.values(STREAM)) await manager.streams.delete(stream).catch(() => false)
    await connection.close()
  })

  it('get what happens after they were registered, by topic and type, signed, whenever the dispatcher comes', async () => {
    await publish('events.deployment.d1', 'before')
    const id = await subscribe({ topics: ['events.deployment.*', 'events.deployment.d1'], types: ['Happened'] })
    await publish('events.deployment.d1', 'a')
    await publish('events.deployment.d1', 'b', 'Other')
    await publish('events.instance.d1', 'c')
    await start()
    await publish('events.deployment.d2', 'd')
    await eventually(() => expect(receiver.ids.toSorted()).toEqual(['a', 'd']))
    expect(receiver.received.find((each) => each.id === 'a')).toMatchObject({ type: 'Happened', subject: 'events.deployment.d1', attempt: 1, body: { id: 'a' } })
    expect(receiver.forged).toEqual([])
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ lag: 0, parked: 0, lastSuccessAt: expect.any(String) as unknown, lastFailure: null, failingSince: null }))
  })

  it('get all history when they ask for it, and are heard from the moment they are registered', async () => {
    await publish('events.deployment.d1', 'old')
    await start()
    await subscribe({ from: 'start' })
    await publish('events.deployment.d1', 'new')
    await eventually(() => expect(receiver.ids).toEqual(['old', 'new']))
  })

  it('lose nothing when the dispatcher dies in the middle, and keep the order of each aggregate', async () => {
    const id = await subscribe()
    const first = await start()
    const expected = (aggregate: number) => Array.from({ length: 20 }, (_, index) => `d${aggregate}-${index}`)
    for (let index = 0; index < 20; index++) for (let aggregate = 0; aggregate < 5; aggregate++) await publish(`events.deployment.d${aggregate}`, `d${aggregate}-${index}`)
    await eventually(() => expect(receiver.received.length).toBeGreaterThan(10))
    await stop(first)
    await start()
    await eventually(() => expect(new Set(receiver.ids).size).toBe(100))
    for (let aggregate = 0; aggregate < 5; aggregate++) expect([...new Set(receiver.ids.filter((each) => each.startsWith(`d${aggregate}-`)))]).toEqual(expected(aggregate))
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ lag: 0 }))
  })

  it('that are away for a while get all of it in order, and nothing is parked', async () => {
    const id = await subscribe()
    await start()
    await receiver.stop()
    for (const event of ['a', 'b', 'c']) await publish('events.deployment.d1', event)
    await eventually(async () => expect((await stateOf(id)).lastFailure?.reason).toMatch(/not reachable/))
    expect(await stateOf(id)).toMatchObject({ lag: 3, failingSince: expect.any(String) as unknown })
    await receiver.start()
    await eventually(() => expect(receiver.ids).toEqual(['a', 'b', 'c']))
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ lag: 0, parked: 0, failingSince: null }))
  })

  it('that refuse an event get it three times; then it is parked and the next one comes', async () => {
    const id = await subscribe()
    receiver.answer = (received) => (received.id === 'bad' ? { status: 422, headers: { 'retry-after': '0' } } : 204)
    await start()
    await publish('events.deployment.d1', 'bad')
    await publish('events.deployment.d1', 'good')
    await eventually(() => expect(receiver.ids).toEqual(['bad', 'bad', 'bad', 'good']))
    expect(receiver.received.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1])
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ parked: 1, lag: 0, lastFailure: { reason: 'answered 422' }, failingSince: null }))
  })

  it('that redirect inwards fail, and nobody is called there', async () => {
    let inner = 0
    const secret = createServer((_, response) => void (inner++, response.end()))
    await new Promise<void>((resolve) => secret.listen(0, '127.0.0.1', resolve))
    const { port } = secret.address() as AddressInfo
    const id = await subscribe()
    receiver.answer = () => ({ status: 302, headers: { location: `http://127.0.0.1:${port}/`, 'retry-after': '0' } })
    await start()
    await publish('events.deployment.d1', 'a')
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ parked: 1, lastFailure: { reason: 'answered 302: a redirect, and those are never followed' } }))
    expect(inner).toBe(0)
    secret.close()
  })

  it('that are gone (410) pause their subscription; resumed, they get the very event', async () => {
    const id = await subscribe()
    receiver.answer = () => 410
    await start()
    await publish('events.deployment.d1', 'a')
    await eventually(async () => expect((await subscriptions.load(id)).subscription).toMatchObject({ status: 'paused', pauseReason: 'gone' }))
    expect((await subscriptions.load(id)).events.at(-1)).toMatchObject({ type: 'SubscriptionPaused', metadata: { causationId: 'a', actor: 'dispatcher' } })
    await publish('events.deployment.d1', 'b')
    receiver.answer = () => 204
    await change(id, ({ subscription }) => decide.resume(now(), subscription))
    await eventually(() => expect(receiver.ids.slice(-2)).toEqual(['a', 'b']))
    expect(await stateOf(id)).toMatchObject({ parked: 0 })
  })

  it('get what was parked for them when it is redriven; a subscription that is gone says so', async () => {
    const gateway = await new TestGateway().start()
    const endpoints = await start()
    const dispatcher = startDispatcher({
      connection, gateways: [gateway.url], credentials: CREDENTIALS, signingKey: KEY, timeoutMs: 2_000, replicas: 1, log, others: (group) => endpoints.receiverOf(group),
    })
    await dispatcher.ready
    const id = await subscribe()
    const box = await letterBox(connection)
    const [one, two] = [await box.parked(groupOf(id), 'one'), await box.parked(groupOf(id), 'two')]
    await box.redrive(one)
    await eventually(async () => expect((await box.load(one)).letter.state).toBe('redriven'))
    expect(receiver.received.filter(({ attempt }) => attempt === 1).map((each) => each.id)).toContain('one')
    expect(receiver.forged).toEqual([])
    await change(id, ({ subscription }) => decide.remove(now(), subscription))
    await box.redrive(two)
    await eventually(async () => expect((await box.load(two)).letter).toMatchObject({ state: 'parked', reason: expect.stringContaining('was deleted') as unknown }))
    await dispatcher.close()
    await gateway.stop()
  })

  it('that fail for days without a success pause their subscription; a change begins the count anew', async () => {
    const id = await subscribe({ at: new Date(Date.now() - 5 * 86_400_000).toISOString() })
    const failure = { at: now(), reason: 'answered 500' }
    const notes = await openNotes(connection, 1, log)
    notes.write(id, { lastSuccessAt: null, lastFailure: failure, failingSince: new Date(Date.now() - 4 * 86_400_000).toISOString() })
    await notes.close()
    receiver.answer = () => 500
    await start()
    await publish('events.deployment.d1', 'a')
    await eventually(async () => expect((await subscriptions.load(id)).subscription).toMatchObject({ status: 'paused', pauseReason: 'failing' }))
    const before = receiver.ids.length
    await change(id, ({ subscription }) => decide.resume(now(), subscription))
    await eventually(() => expect(receiver.ids.length).toBeGreaterThan(before))
    expect((await subscriptions.load(id)).subscription.status).toBe('active')
    receiver.answer = () => 204
    await change(id, ({ subscription }) => decide.change({ description: 'mended' }, now(), subscription))
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ lag: 0, parked: 0, failingSince: null }))
  })

  it('that hang delay no function', async () => {
    const gateway = await new TestGateway().start()
    gateway.functions = [{ name: 'provision', annotations: { topic: 'events.deployment.*' } }]
    const dispatcher = startDispatcher({ connection, gateways: [gateway.url], credentials: CREDENTIALS, signingKey: KEY, timeoutMs: 2_000, replicas: 1, log })
    await dispatcher.ready
    const id = await subscribe()
    receiver.answer = () => 'hang'
    await start()
    for (let aggregate = 0; aggregate < 30; aggregate++) await publish(`events.deployment.d${aggregate}`, `e${aggregate}`)
    await eventually(() => expect(gateway.calls).toHaveLength(30))
    await eventually(async () => expect(await stateOf(id)).toMatchObject({ lag: 30, lastFailure: { reason: 'no answer within 1 seconds' } }))
    // the breaker: those that were on their way, and then one at a time
    expect(receiver.received.length).toBeLessThan(30)
    await dispatcher.close()
    await gateway.stop()
  })

  it('follow a change of address and secret at once, with both secrets for a day', async () => {
    const id = await subscribe({ url: 'http://127.0.0.1:1/nobody' })
    await start()
    await publish('events.deployment.d1', 'a')
    await eventually(async () => expect((await stateOf(id)).lastFailure).not.toBeNull())
    await change(id, ({ subscription }) => decide.rotateSecret(now(), subscription))
    await change(id, ({ subscription }) => decide.change({ url: receiver.url }, now(), subscription))
    await eventually(() => expect(receiver.ids).toContain('a'))
    receiver.secret = webhookSecret(KEY, id, 2)
    await publish('events.deployment.d1', 'b')
    await eventually(() => expect(receiver.ids).toContain('b'))
    expect([receiver.received.at(-1)?.signatures.length, receiver.forged]).toEqual([2, []])
  })

  it('that were deleted hear nothing more, and their position is forgotten; so after a restart', async () => {
    const id = await subscribe()
    const first = await start()
    await publish('events.deployment.d1', 'a')
    await eventually(() => expect(receiver.ids).toEqual(['a']))
    await change(id, ({ subscription }) => decide.remove(now(), subscription))
    await eventually(async () => expect(await hasConsumer(id)).toBe(false))
    const other = await subscribe()
    await stop(first)
    await change(other, ({ subscription }) => decide.remove(now(), subscription))
    await publish('events.deployment.d1', 'b')
    const second = await start()
    const last = await subscribe()
    await publish('events.deployment.d1', 'c')
    await eventually(() => expect(receiver.ids).toEqual(['a', 'c']))
    expect([await hasConsumer(id), await hasConsumer(other), await hasConsumer(last)]).toEqual([false, false, true])
    await stop(second)
  })

  it('live through a restart of the broker', async () => {
    await subscribe()
    await start()
    await publish('events.deployment.d1', 'a')
    await eventually(() => expect(receiver.ids).toEqual(['a']))
    await nats.restart()
    await eventually(() => publish('events.deployment.d1', 'b'))
    await eventually(() => expect([...new Set(receiver.ids)]).toEqual(['a', 'b']))
    const id = await subscribe({ topics: ['events.instance.*'] })
    await publish('events.instance.i1', 'c')
    await eventually(() => expect(receiver.ids).toContain('c'))
    expect((await subscriptions.load(id)).subscription.status).toBe('active')
  })
})
