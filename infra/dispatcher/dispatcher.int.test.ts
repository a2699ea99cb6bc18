import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ensureStreams } from '../nats/streams.ts'
import { STREAM, subject } from '../nats/subjects.ts'
import { wireBody, wireHeaders } from '../nats/wire.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { startDispatcher, type Dispatcher } from './dispatcher.ts'
import { CREDENTIALS, KEY, problem, TestGateway, type Call } from './testing/gateway.ts'

const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }, pino.destination(2))
const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 10 })
const idsOf = (calls: readonly Call[]): readonly string[] => calls.map(({ id }) => id)

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

describe('the dispatcher', () => {
  let nats: NatsServer
  let gateway: TestGateway
  let connection: NatsConnection
  const running = new Set<Dispatcher>()
  let published = 0

  const publish = async (to: string, id: string, type = 'Happened', data: unknown = { id }): Promise<void> => {
    const message = headers()
    for (const [name, value] of wireHeaders({ id, type, version: 1, metadata: { correlationId: 'c1', actor: 'test' }, data, revision: published++ })) message.set(name, value)
    await jetstream(connection).publish(to, wireBody({ id, type, version: 1, metadata: { correlationId: 'c1', actor: 'test' }, data }), { headers: message, timeout: 500 })
  }
  const start = async (graceMs?: number): Promise<Dispatcher> => {
    const dispatcher = startDispatcher({
      connection, gateways: [gateway.url], credentials: CREDENTIALS, signingKey: KEY, timeoutMs: 2_000, replicas: 1, log,
      ...(graceMs === undefined ? {} : { graceMs, lookEveryMs: 50 }),
    })
    running.add(dispatcher)
    await dispatcher.ready
    return dispatcher
  }
  const stop = async (dispatcher: Dispatcher): Promise<void> => {
    running.delete(dispatcher)
    await dispatcher.close()
  }
  const deploy = (name: string, annotations: Record<string, string>): void => {
    gateway.functions = [...gateway.functions.filter((each) => each.name !== name), { name, annotations }]
    connection.publish(subject.functionsChanged)
  }
  /** So many events of so many aggregates, in turns; resolves to their ids in order, by aggregate. */
  const publishMany = async (aggregates: number, each: number): Promise<Record<string, readonly string[]>> => {
    for (let index = 0; index < each; index++) {
      await Promise.all(Array.from({ length: aggregates }, (_, aggregate) => publish(`events.deployment.d${aggregate}`, `d${aggregate}-${index}`)))
    }
    return Object.fromEntries(Array.from({ length: aggregates }, (_, aggregate) => [`events.deployment.d${aggregate}`, Array.from({ length: each }, (__, index) => `d${aggregate}-${index}`)]))
  }
  /** Ids by aggregate in the order in which each was delivered for the first time. */
  const firstDeliveries = (): Record<string, readonly string[]> =>
    Object.fromEntries(Object.entries(Object.groupBy(gateway.calls, ({ subject: to }) => to)).map(([to, calls = []]) => [to, [...new Set(idsOf(calls))]]))
  const parked = async () => {
    const messages: { subject: string; reason: string | undefined; attempts: string | undefined; data: unknown }[] = []
    const manager = await jetstreamManager(connection)
    for (let sequence = 1, { state } = await manager.streams.info(STREAM.parked); sequence <= state.last_seq; sequence++) {
      const message = await manager.streams.getMessage(STREAM.parked, { seq: sequence })
      if (message) messages.push({ subject: message.subject, reason: message.header.get('Parked-Reason'), attempts: message.header.get('Parked-Attempts'), data: parse(message.string()) })
    }
    return messages
  }
  const consumersOf = async (stream: string): Promise<readonly string[]> =>
    (await (await jetstreamManager(connection)).consumers.list(stream).next()).map(({ name }) => name)

  beforeAll(async () => {
    nats = await startNats({ syncAlways: false })
  })
  afterAll(() => nats.stop())
  beforeEach(async () => {
    gateway = await new TestGateway().start()
    connection = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    await ensureStreams(connection)
  })
  afterEach(async () => {
    await Promise.all([...running].map(stop))
    const manager = await jetstreamManager(connection)
    await ensureStreams(connection) // those in memory may have gone with the broker
    for (const stream of Object.values(STREAM)) await manager.streams.delete(stream)
    await connection.close()
    await gateway.stop()
  })

  it('delivers what is published, signed, to the functions whose topics and types hear it', async () => {
    deploy('all', { topic: 'events.>' })
    deploy('claims', { topic: 'events.deployment.*, events.instance.*', events: 'ClaimRequested' })
    deploy('one', { topic: 'events.*.d1' })
    deploy('silent', {})
    await start()
    await publish('events.deployment.d1', 'a', 'DeploymentRequested')
    await publish('events.deployment.d1', 'b', 'ClaimRequested', { epoch: 1, text: 'Zürich ✈' })
    await publish('events.name.d2', 'c', 'ClaimRequested')
    await eventually(() => expect(gateway.calls).toHaveLength(6))
    expect(idsOf(gateway.of('all'))).toEqual(expect.arrayContaining(['a', 'b', 'c']))
    expect(idsOf(gateway.of('one'))).toEqual(['a', 'b'])
    expect(gateway.of('claims')).toMatchObject([{ id: 'b', type: 'ClaimRequested', subject: 'events.deployment.d1', attempt: 1, body: { epoch: 1, text: 'Zürich ✈' } }])
    expect(gateway.refused).toEqual([])
  })

  it('keeps the order of an aggregate while its head fails; others go on meanwhile', async () => {
    let isFailing = true
    deploy('provision', { topic: 'events.deployment.*', 'max-attempts': '1000' })
    gateway.handler = ({ id }) => (id === 'a0' && isFailing ? problem(503, 'AGENT_UNAVAILABLE') : undefined)
    await start()
    for (const id of ['a0', 'a1', 'a2']) await publish('events.deployment.a', id)
    for (const id of ['b0', 'b1', 'b2']) await publish('events.deployment.b', id)
    await eventually(() => expect(idsOf(gateway.calls)).toContain('b2'))
    await eventually(() => expect(gateway.calls.filter(({ id }) => id === 'a0').length).toBeGreaterThan(2))
    expect(idsOf(gateway.calls)).not.toContain('a1')
    isFailing = false
    await eventually(() => expect(idsOf(gateway.calls)).toContain('a2'))
    const firsts = (letter: string) => [...new Set(idsOf(gateway.calls).filter((id) => id.startsWith(letter)))]
    expect([firsts('a'), firsts('b')]).toEqual([['a0', 'a1', 'a2'], ['b0', 'b1', 'b2']])
    const attempts = gateway.calls.filter(({ id }) => id === 'a0').map(({ attempt }) => attempt)
    expect(attempts).toEqual(attempts.map((_, index) => index + 1))
  })

  it('parks what was refused, and what failed too often, with payload and reason; the aggregate goes on', async () => {
    deploy('provision', { topic: 'events.deployment.*', 'max-attempts': '3' })
    gateway.handler = ({ id }) => (id === 'a0' ? problem(409, 'ILLEGAL_TRANSITION', 'only when running') : id === 'a1' ? problem(500, 'INTERNAL', 'oops') : undefined)
    await start()
    for (const id of ['a0', 'a1', 'a2']) await publish('events.deployment.a', id)
    await eventually(() => expect(idsOf(gateway.calls)).toContain('a2'))
    expect(idsOf(gateway.calls)).toEqual(['a0', 'a1', 'a1', 'a1', 'a2'])
    expect(await parked()).toEqual([
      { subject: expect.stringMatching(/^parked\.provision\.deployment\.a\.[a-z2-7]{20}$/), reason: '409 ILLEGAL_TRANSITION: only when running', attempts: '1', data: { id: 'a0' } },
      { subject: expect.stringMatching(/^parked\.provision\.deployment\.a\.[a-z2-7]{20}$/), reason: '500 INTERNAL: oops', attempts: '3', data: { id: 'a1' } },
    ])
  })

  it('parks what is no event at all without calling anyone', async () => {
    deploy('provision', { topic: 'events.deployment.*' })
    await start()
    await jetstream(connection).publish('events.deployment.a', 'not JSON')
    await publish('events.deployment.a', 'a1')
    await eventually(() => expect(idsOf(gateway.calls)).toEqual(['a1']))
    expect(await parked()).toMatchObject([{ reason: expect.stringMatching(/^Event on events.deployment.a: /), data: 'not JSON' }])
  })

  it('holds the aggregate of a function that blocks', async () => {
    deploy('provision', { topic: 'events.deployment.*', park: 'block' })
    gateway.handler = ({ id }) => (id === 'a0' ? problem(409, 'ILLEGAL_TRANSITION') : undefined)
    await start()
    for (const id of ['a0', 'a1']) await publish('events.deployment.a', id)
    await publish('events.deployment.b', 'b0')
    await eventually(() => expect(idsOf(gateway.calls)).toContain('b0'))
    expect(idsOf(gateway.calls)).not.toContain('a1')
    expect(await parked()).toEqual([])
  })

  it.each([
    ['401', problem(401, 'UNSIGNED_DELIVERY')], ['429', problem(429, 'TOO_MANY', 'slow', { 'retry-after': '0' })], ['404 of the gateway', problem(404, 'FUNCTION_NOT_FOUND')],
  ])('does not count a %s', async (_, answer) => {
    let left = 3
    deploy('provision', { topic: 'events.deployment.*', 'max-attempts': '1' })
    gateway.handler = () => (left-- > 0 ? answer : undefined)
    await start()
    await publish('events.deployment.a', 'a0')
    await eventually(() => expect(gateway.calls).toHaveLength(4))
    expect(gateway.calls.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1])
    expect(await parked()).toEqual([])
  })

  it('waits for a gateway that is away, without counting', async () => {
    deploy('provision', { topic: 'events.deployment.*', 'max-attempts': '1' })
    await start()
    await gateway.stop()
    for (const id of ['a0', 'a1']) await publish('events.deployment.a', id)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await gateway.start()
    await eventually(() => expect(idsOf(gateway.calls)).toEqual(['a0', 'a1']))
    expect(gateway.calls.map(({ attempt }) => attempt)).toEqual([1, 1])
  })

  it('loses nothing and keeps the order when it is restarted in the middle', async () => {
    deploy('provision', { topic: 'events.deployment.*' })
    gateway.handler = () => new Promise((resolve) => setTimeout(resolve, 5))
    const aggregates = await publishMany(20, 10)
    const first = await start()
    await eventually(() => expect(gateway.calls.length).toBeGreaterThan(20))
    await stop(first)
    expect(gateway.calls.length).toBeLessThan(200)
    await start()
    await eventually(() => expect(firstDeliveries()).toEqual(aggregates))
  })

  it('has one reader of several; when that one ends the next goes on', async () => {
    deploy('provision', { topic: 'events.deployment.*' })
    const first = await start()
    await start()
    const before = await publishMany(5, 4)
    await eventually(() => expect(firstDeliveries()).toEqual(before))
    expect(gateway.calls).toHaveLength(20)
    await stop(first)
    await publish('events.deployment.d0', 'after')
    await eventually(() => expect(idsOf(gateway.calls).at(-1)).toBe('after'))
  })

  it('loses nothing and keeps the order when the broker is killed in the middle', async () => {
    deploy('provision', { topic: 'events.deployment.*' })
    gateway.handler = () => new Promise((resolve) => setTimeout(resolve, 5))
    const aggregates = await publishMany(20, 10)
    await start()
    await eventually(() => expect(gateway.calls.length).toBeGreaterThan(20))
    await nats.restart()
    await eventually(() => expect(firstDeliveries()).toEqual(aggregates))
  })

  it('goes on after the broker was killed and started again', async () => {
    deploy('provision', { topic: 'events.deployment.*,hits.*' })
    await start()
    await publish('events.deployment.a', 'a0')
    await eventually(() => expect(idsOf(gateway.calls)).toEqual(['a0']))
    await nats.restart()
    await eventually(() => publish('events.deployment.a', 'a1'))
    // the stream of hits was in the broker's memory: made anew, and heard again
    await eventually(() => publish('hits.a', 'h1', 'ProxyHit'))
    await eventually(() => expect(idsOf(gateway.calls)).toEqual(expect.arrayContaining(['a1', 'h1'])))
  })

  it('gives a function that comes later everything from the start', async () => {
    deploy('provision', { topic: 'events.deployment.*' })
    await start()
    await publish('events.deployment.a', 'a0')
    await publish('hits.a', 'h0', 'ProxyHit')
    await publish('timers.due.wake.c1', 't0', 'WakeDue')
    await eventually(() => expect(idsOf(gateway.calls)).toEqual(['a0']))
    deploy('late', { topic: 'events.>,hits.*,timers.due.wake.*' })
    await eventually(() => expect(idsOf(gateway.of('late')).toSorted()).toEqual(['a0', 'h0', 't0']))
    expect(idsOf(gateway.of('provision'))).toEqual(['a0'])
  })

  it('keeps the place of a function that is replaced, and forgets that of one that is gone for good', async () => {
    deploy('provision', { topic: 'events.deployment.*' })
    await start(500)
    await publish('events.deployment.a', 'a0')
    await eventually(() => expect(idsOf(gateway.calls)).toEqual(['a0']))
    gateway.functions = []
    const lists = gateway.lists
    await eventually(() => expect(gateway.lists).toBeGreaterThan(lists + 2))
    await publish('events.deployment.a', 'a1')
    deploy('provision', { topic: 'events.*.a' })
    await eventually(() => expect(idsOf(gateway.calls)).toEqual(['a0', 'a1']))
    gateway.functions = []
    await eventually(async () => expect(await consumersOf(STREAM.events)).not.toContain('provision'))
    deploy('provision', { topic: 'events.*.a' })
    await eventually(() => expect(idsOf(gateway.calls)).toEqual(['a0', 'a1', 'a0', 'a1']))
  })
})
