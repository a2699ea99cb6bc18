import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { PARKED } from '../nats/park.ts'
import { ensureStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { startDispatcher, type Dispatcher } from './dispatcher.ts'
import { CREDENTIALS, KEY, problem, TestGateway } from './testing/gateway.ts'
import { letterBox } from './testing/letters.ts'

process.env['LOG_LEVEL'] = 'silent'
const log = pino({ level: 'silent' })
const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 20 })

describe('a redrive', () => {
  let nats: NatsServer
  let gateway: TestGateway
  let connection: NatsConnection
  let box: Awaited<ReturnType<typeof letterBox>>
  const running = new Set<Dispatcher>()

  const start = async (): Promise<Dispatcher> => {
    const dispatcher = startDispatcher({ connection, gateways: [gateway.url], credentials: CREDENTIALS, signingKey: KEY, timeoutMs: 2_000, replicas: 1, log })
    running.add(dispatcher)
    await dispatcher.ready
    return dispatcher
  }
  const stop = async (dispatcher: Dispatcher): Promise<void> => {
    running.delete(dispatcher)
    await dispatcher.close()
  }
  const state = async (letterId: string) => (await box.load(letterId)).letter.state

  beforeAll(async () => {
    nats = await startNats({ syncAlways: false })
  })
  afterAll(() => nats.stop())
  beforeEach(async () => {
    gateway = await new TestGateway().start()
    // its topic hears nothing: what is delivered is a redrive
    gateway.functions = [{ name: 'provision', annotations: { topic: 'events.nothing.*', 'max-attempts': '3' } }]
    connection = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    await ensureStreams(connection)
    box = await letterBox(connection)
  })
  afterEach(async () => {
    await Promise.all([...running].map(stop))
    const manager = await jetstreamManager(connection)
    for (const stream of Object.values(STREAM)) await manager.streams.delete(stream)
    await connection.close()
    await gateway.stop()
  })

  it('delivers the event exactly as the first time, attempts counted anew, and says so', async () => {
    await start()
    const letterId = await box.parked('provision', 'a', { text: 'Zürich ✈' })
    const { letter } = await box.load(letterId)
    await box.redrive(letterId)
    await eventually(async () => expect(await state(letterId)).toBe('redriven'))
    expect(gateway.calls).toMatchObject([{ name: 'provision', id: 'a', type: 'Happened', subject: 'events.deployment.a', sequence: letter.sequence, attempt: 1, body: { text: 'Zürich ✈' } }])
    expect(gateway.refused).toEqual([])
    const { events: [, asked, done] } = await box.load(letterId)
    expect(done).toMatchObject({ type: 'EventRedriven', data: { letterId, group: 'provision', attempts: 1 }, metadata: { correlationId: 'c1', causationId: asked?.id, actor: 'dispatcher' } })
  })

  it('that is refused is parked again with the new reason, and can be redriven once more', async () => {
    let answer: ReturnType<typeof problem> | undefined = problem(422, 'MALFORMED_EVENT', 'the field x is missing')
    gateway.handler = () => answer
    await start()
    const letterId = await box.parked('provision', 'a')
    await box.redrive(letterId, 'first')
    await eventually(async () => expect(await box.load(letterId)).toMatchObject({ letter: { state: 'parked', redrives: 1, reason: '422 MALFORMED_EVENT: the field x is missing', attempts: 1 } }))
    answer = undefined
    await box.redrive(letterId, 'second')
    await eventually(async () => expect(await box.told(letterId)).toEqual(['EventParked', 'RedriveRequested', 'EventParked', 'RedriveRequested', 'EventRedriven']))
  })

  it('that fails is tried as often as the function says, then parked again', async () => {
    gateway.handler = () => problem(500, 'INTERNAL', 'oops')
    await start()
    const letterId = await box.parked('provision', 'a')
    await box.redrive(letterId)
    await eventually(async () => expect(await box.load(letterId)).toMatchObject({ letter: { state: 'parked', reason: '500 INTERNAL: oops', attempts: 3 } }))
    expect(gateway.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
  })

  it('waits for a gateway that is away', async () => {
    await start()
    const letterId = await box.parked('provision', 'a')
    await gateway.stop()
    await box.redrive(letterId)
    expect(await state(letterId)).toBe('redriving')
    await gateway.start()
    await eventually(async () => expect(await state(letterId)).toBe('redriven'))
    expect(gateway.calls).toMatchObject([{ attempt: 1 }])
  })

  it('of a function that is gone is parked again with a reason that says so', async () => {
    await start()
    const letterId = await box.parked('forgotten', 'a')
    await box.redrive(letterId)
    await eventually(async () => expect(await box.load(letterId)).toMatchObject({ letter: { state: 'parked', redrives: 1, reason: expect.stringContaining('nobody takes events as forgotten any more') } }))
  })

  it('of what is no event is parked again, and nobody is called', async () => {
    await start()
    const letterId = await box.parked('provision', 'a', 'no event', [])
    await box.redrive(letterId)
    await eventually(async () => expect(await box.load(letterId)).toMatchObject({ letter: { state: 'parked', redrives: 1, reason: expect.stringMatching(/^Event on events.deployment.a: /) } }))
    expect(gateway.calls).toEqual([])
  })

  it('that crashed between delivery and its event delivers again, and is told once', async () => {
    const first = await start()
    const manager = await jetstreamManager(connection)
    const limitEvents = (max_msgs: number) => manager.streams.update(STREAM.events, { max_msgs })
    let isFull = false
    gateway.handler = async () => {
      // the event store takes nothing any more; the dispatcher ends before it does again
      if (!isFull) await limitEvents((await manager.streams.info(STREAM.events)).state.messages)
      isFull = true
    }
    const letterId = await box.parked('provision', 'a')
    await box.redrive(letterId)
    await eventually(() => expect(gateway.calls.length).toBeGreaterThan(1))
    await stop(first)
    await limitEvents(-1)
    expect(await state(letterId)).toBe('redriving')
    await start()
    await eventually(async () => expect(await state(letterId)).toBe('redriven'))
    expect(new Set(gateway.calls.map(({ id }) => id))).toEqual(new Set(['a']))
    expect(await box.told(letterId)).toEqual(['EventParked', 'RedriveRequested', 'EventRedriven'])
  })

  it('of many goes on where a dispatcher left it: each is delivered, and told once', async () => {
    gateway.handler = () => new Promise((resolve) => setTimeout(resolve, 5))
    const letterIds = await Promise.all(Array.from({ length: 200 }, (_, index) => box.parked('provision', `a${index}`)))
    const first = await start()
    await Promise.all(letterIds.map((letterId) => box.redrive(letterId)))
    await eventually(() => expect(gateway.calls.length).toBeGreaterThan(30))
    await stop(first)
    await start()
    await eventually(async () => expect(new Set(await Promise.all(letterIds.map(state)))).toEqual(new Set(['redriven'])))
    expect(new Set(gateway.calls.map(({ id }) => id)).size).toBe(200)
    for (const letterId of letterIds) expect(await box.told(letterId)).toEqual(['EventParked', 'RedriveRequested', 'EventRedriven'])
  })

  it('nobody asked for, written past the letter, stops no other', async () => {
    await start()
    await jetstream(connection).publish('events.parked.nobody', 'no event')
    const letterId = await box.parked('provision', 'a')
    await box.redrive(letterId)
    await eventually(async () => expect(await state(letterId)).toBe('redriven'))
  })

  it.each(['terminated', 'delivered too often'])('is possible for what the broker gave up by itself: %s', async (how) => {
    await start()
    const manager = await jetstreamManager(connection)
    await manager.consumers.add(STREAM.timers, { durable_name: 'careless', ack_policy: AckPolicy.Explicit, max_deliver: 1, ack_wait: 50_000_000 })
    await jetstream(connection).publish('timers.due.wake.c1', 'x')
    const messages = await (await jetstream(connection).consumers.get(STREAM.timers, 'careless')).consume()
    const reading = (async () => {
      for await (const message of messages) if (how === 'terminated') message.term('I give up')
    })()
    const letter = await eventually(async () => {
      const found = await manager.streams.getMessage(STREAM.parked, { last_by_subj: 'parked.careless.wake.c1.*' })
      if (!found) throw new Error('not parked yet')
      return found
    })
    await messages.close()
    await reading
    expect(letter.header.get(PARKED.reason)).toMatch(how === 'terminated' ? /^the broker gave it up after 1 deliveries: I give up/ : /^the broker gave it up after 1 deliveries/)
    await eventually(async () => expect(await box.load(letter.header.get(PARKED.letter))).toMatchObject({ letter: { state: 'parked', group: 'careless', stream: 'TIMERS' } }))
  })
})
