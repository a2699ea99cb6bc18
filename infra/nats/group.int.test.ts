import { AckPolicy, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../event-store/contract-fixtures.ts'
import type { Verdict } from '../event-store/port.ts'
import { randomId } from '../ids.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { connectNats } from './connect.ts'
import { ensureDurable, READERS } from './durable.ts'
import { consumerGroup, type ConsumerGroupOptions } from './group.ts'
import { LIFE_SIGN_MS, openBucket } from './buckets.ts'
import { keepStreams } from './streams.ts'
import { BUCKET, STREAM } from './subjects.ts'

process.env['LOG_LEVEL'] = 'silent'
const ack: Verdict = { verdict: 'ack' }

let server: NatsServer
const connections: NatsConnection[] = []
const connection = async (): Promise<NatsConnection> => {
  const nc = await connectNats({ NATS_URL: server.url, SECRETS_DIR: server.folder }, 'test')
  connections.push(nc)
  return nc
}
let nc: NatsConnection
beforeAll(async () => {
  server = await startNats()
  nc = await connection()
  await keepStreams(nc)
})
afterEach(async () => {
  await Promise.all(connections.splice(1).map((each) => each.close()))
})
afterAll(async () => {
  await nc.close()
  await server.stop()
})

const group = (options: Partial<ConsumerGroupOptions> & Pick<ConsumerGroupOptions, 'subjects'>): ConsumerGroupOptions =>
  ({ stream: STREAM.events, group: `g-${randomId()}`, ...options })
const publish = async (subject: string, ...bodies: readonly string[]) => {
  for (const body of bodies) await jetstream(nc).publish(subject, body)
}
const text = (data: Uint8Array): string => new TextDecoder().decode(data)

describe('two readers of one group', () => {
  test('one is active, and when it closes the other takes over at once, in order', async () => {
    const id = randomId()
    const options = group({ subjects: [`events.x.${id}`] })
    const seen: string[] = []
    const reader = (name: string) => async ({ data }: { data: Uint8Array }) => (seen.push(`${name} ${text(data)}`), ack)
    const first = await consumerGroup(nc, options, reader('first'))
    const second = await consumerGroup(await connection(), options, reader('second'))
    await publish(`events.x.${id}`, '1', '2', '3')
    await until(() => seen.length === 3)
    expect(new Set(seen.map((line) => line.split(' ')[0])).size).toBe(1)
    const [active, standby] = seen[0]?.startsWith('first') ? [first, second] : [second, first]
    await active.close()
    await publish(`events.x.${id}`, '4', '5')
    await until(() => seen.length === 5)
    expect(seen.map((line) => line.split(' ')[1])).toEqual(['1', '2', '3', '4', '5'])
    await standby.close()
  })

  test('when one dies, what it held comes again to the other before what follows it, and other keys do not wait for that', async () => {
    const [stuck, healthy] = [randomId(), randomId()]
    const options = group({ subjects: [`events.x.${stuck}`, `events.x.${healthy}`], ackWaitMs: 3_000 })
    const seen: string[] = []
    const dying = await connection()
    await consumerGroup(dying, options, async ({ data }) => {
      seen.push(`dying ${text(data)}`)
      return await new Promise<never>(() => {})
    })
    await publish(`events.x.${stuck}`, '1', '2', '3')
    await until(() => seen.length === 1)
    const heard: string[] = []
    await dying.close()
    const heir = await consumerGroup(await connection(), options, async ({ data, redeliveries }) => {
      heard.push(`${text(data)} ${redeliveries > 0 ? 'again' : 'new'}`)
      return ack
    })
    await publish(`events.x.${stuck}`, '4', '5')
    await publish(`events.x.${healthy}`, 'other')
    await until(() => heard.length === 6)
    expect(heard.filter((line) => !line.startsWith('other'))).toEqual(['1 again', '2 again', '3 again', '4 new', '5 new'])
    expect(heard[0]).toBe('other new')
    await heir.close()
  })
})

test('what another reader holds for longer than any ack wait keeps its place until it is settled; other keys do not wait', async () => {
  const [stuck, healthy] = [randomId(), randomId()]
  const options = group({ subjects: [`events.x.${stuck}`, `events.x.${healthy}`], ackWaitMs: 400 })
  const jsm = await jetstreamManager(nc)
  await ensureDurable(jsm, { stream: options.stream, name: options.group, subjects: options.subjects, from: 'start', ackWaitMs: 400 })
  // a reader that was active, is no longer, and still works
  const held: JsMsg[] = []
  const others = await jetstream(await connection()).consumers.get(options.stream, options.group)
  const messages = await others.consume({ group: READERS, callback: (message) => void held.push(message) })
  await publish(`events.x.${stuck}`, '1')
  await until(() => held.length === 1)
  messages.stop()
  const working = setInterval(() => held[0]?.working(), 50)
  await jsm.consumers.unpin(options.stream, options.group, READERS)

  const seen: string[] = []
  const heir = await consumerGroup(nc, options, async ({ data }) => (seen.push(text(data)), ack))
  await publish(`events.x.${stuck}`, '2', '3')
  await publish(`events.x.${healthy}`, 'other')
  await until(() => seen.includes('other'))
  await sleep(2_500)
  expect(seen).toEqual(['other'])
  clearInterval(working)
  held[0]?.ack()
  await until(() => seen.length === 3)
  expect(seen).toEqual(['other', '2', '3'])
  await heir.close()
})

test('a reader that stood still gives back what it holds when another has become the active one', async () => {
  const id = randomId()
  const options = group({ subjects: [`events.x.${id}`] })
  const seen: string[] = []
  const first = await consumerGroup(nc, options, async ({ data }) => (seen.push(`first ${text(data)}`), { verdict: 'retry', delayMs: 600_000, reason: 'blocked' }))
  await publish(`events.x.${id}`, '1', '2')
  await until(() => seen.length === 1)
  const second = await consumerGroup(await connection(), options, async ({ data }) => (seen.push(`second ${text(data)}`), ack))
  const jsm = await jetstreamManager(nc)
  // whom the broker turns to is its own choice
  await until(async () => {
    if (seen.includes('second 1')) return true
    await jsm.consumers.unpin(options.stream, options.group, READERS)
    await publish(`events.x.${id}`, '3')
    await sleep(1_500)
    return false
  }, 40)
  await until(() => seen.includes('second 3'))
  expect([...new Set(seen)].filter((line) => line.startsWith('second'))).toEqual(['second 1', 'second 2', 'second 3'])
  await first.close()
  await second.close()
}, 60_000)

describe('what the broker knows of a delivery', () => {
  test('a message that is worked on longer than the ack wait is not given out again', async () => {
    const id = randomId()
    const options = group({ subjects: [`events.x.${id}`], ackWaitMs: 600 })
    const seen: number[] = []
    const subscription = await consumerGroup(nc, options, async ({ redeliveries }) => {
      seen.push(redeliveries)
      await sleep(2_000)
      return ack
    })
    await publish(`events.x.${id}`, '1')
    await sleep(2_500)
    expect(seen).toEqual([0])
    const info = await (await jetstreamManager(nc)).consumers.info(STREAM.events, options.group)
    expect(info).toMatchObject({ num_ack_pending: 0, num_redelivered: 0, num_pending: 0 })
    await subscription.close()
  })

  test('retries are ours: a hundred of them use up no delivery', async () => {
    const id = randomId()
    const options = group({ subjects: [`events.x.${id}`] })
    let attempts = 0
    const subscription = await consumerGroup(nc, options, async (_, attempt) => {
      attempts = attempt
      return attempt < 100 ? { verdict: 'retry', delayMs: 1, reason: 'not yet' } : ack
    })
    await publish(`events.x.${id}`, '1')
    await until(() => attempts === 100)
    await subscription.close()
    const info = await (await jetstreamManager(nc)).consumers.info(STREAM.events, options.group)
    expect(info).toMatchObject({ num_redelivered: 0, delivered: { consumer_seq: 1 } })
  })

  test('what it gives up delivering, or was told to, stands in ADVISORIES', async () => {
    const jsm = await jetstreamManager(nc)
    const subject = `events.x.${randomId()}`
    await publish(subject, '1', '2')
    const name = `raw-${randomId()}`
    await jsm.consumers.add(STREAM.events, { durable_name: name, ack_policy: AckPolicy.Explicit, filter_subject: subject, max_deliver: 1 })
    const consumer = await jetstream(nc).consumers.get(STREAM.events, name)
    const first = await consumer.next()
    first?.nak()
    const second = await consumer.next()
    second?.term('by hand')
    await consumer.next({ expires: 1_000 })
    const found = async () => Object.keys((await jsm.streams.info(STREAM.advisories, { subjects_filter: '>' })).state.subjects ?? {})
    await until(async () => (await found()).length === 2)
    expect((await found()).toSorted()).toEqual(['MAX_DELIVERIES', 'MSG_TERMINATED'].map((kind) => `$JS.EVENT.ADVISORY.CONSUMER.${kind}.${STREAM.events}.${name}`))
  })
})

test('a changed choice of subjects takes effect, the position stays', async () => {
  const [one, two] = [randomId(), randomId()]
  const options = group({ subjects: [`events.x.${one}`] })
  const seen: string[] = []
  const handle = async ({ data }: { data: Uint8Array }) => (seen.push(text(data)), ack)
  const before = await consumerGroup(nc, options, handle)
  await publish(`events.x.${one}`, 'a')
  await until(() => seen.length === 1)
  await before.close()
  const after = await consumerGroup(nc, { ...options, subjects: [`events.x.${one}`, `events.x.${two}`] }, handle)
  await publish(`events.x.${two}`, 'b')
  await until(() => seen.length === 2)
  expect(seen).toEqual(['a', 'b'])
  await after.close()
})

test('hits: newest of each, nothing waits for an order, and the group comes back after the broker lost the stream', async () => {
  const options: ConsumerGroupOptions = { stream: STREAM.hits, group: `g-${randomId()}`, subjects: ['hits.*'] }
  const seen: string[] = []
  const subscription = await consumerGroup(nc, options, async ({ data }) => {
    seen.push(text(data))
    return ack
  })
  await publish(`hits.${randomId()}`, 'one')
  await until(() => seen.length === 1)
  await server.restart()
  const hit = `hits.${randomId()}`
  await until(() => {
    nc.publish(hit, 'two')
    return seen.includes('two')
  })
  expect(seen[0]).toBe('one')
  await subscription.close()
})

test('life signs run out, and a watcher hears of it', async () => {
  const bucket = await openBucket(nc, BUCKET.nodes)
  const heard: string[] = []
  const watch = await bucket.watch()
  const watching = (async () => {
    for await (const { key, operation } of watch) heard.push(`${operation} ${key}`)
  })()
  await bucket.put('node-1', 'alive')
  await until(() => heard.length === 2, LIFE_SIGN_MS / 1_000 + 5)
  expect(heard[0]).toBe('PUT node-1')
  expect(heard[1]).toMatch(/^(DEL|PURGE) node-1$/)
  watch.stop()
  await watching
  expect(await (await openBucket(nc, BUCKET.routes)).status()).toMatchObject({ history: 1, storage: 'memory' })
}, 20_000)
