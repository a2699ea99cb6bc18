import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from '../../event-store/contract-fixtures.ts'
import type { Subscription, Verdict } from '../../event-store/port.ts'
import { randomId } from '../../ids.ts'
import { startNats, type NatsServer } from '../../testing/servers.ts'
import { connectNats } from '../connect.ts'
import { consumerGroup, type GroupHandler } from '../group.ts'
import { lookAt } from '../look.ts'
import { ensureStreams } from '../streams.ts'
import { STREAM } from '../subjects.ts'
import { overflowed } from './stats.ts'

process.env['LOG_LEVEL'] = 'silent'
const ack: Verdict = { verdict: 'ack' }
const retry: Verdict = { verdict: 'retry', delayMs: 20, reason: 'not now' }
const FOLLOWERS = 60

let server: NatsServer
let nc: NatsConnection
let jsm: JetStreamManager
const connections: NatsConnection[] = []
const subscriptions: Subscription[] = []
beforeAll(async () => {
  server = await startNats({ syncAlways: false })
  nc = await connection()
  jsm = await jetstreamManager(nc)
  await ensureStreams(nc)
})
afterEach(async () => {
  await Promise.all(subscriptions.splice(0).map((each) => each.close()))
  await Promise.all(connections.splice(1).map((each) => each.close()))
})
afterAll(async () => {
  await nc.close()
  await server.stop()
})

const connection = async (): Promise<NatsConnection> => {
  const made = await connectNats({ NATS_URL: server.url, SECRETS_DIR: server.folder }, 'test')
  connections.push(made)
  return made
}

/** Subjects of one test, a group that hears them, and what it heard: `<key><number>/<attempt>`. */
const scene = () => {
  const id = randomId()
  const group = `g-${id}`
  const seen: string[] = []
  const numbers: Record<string, number> = {}
  return {
    group, seen,
    publish: async (key: string, count: number) => {
      const from = numbers[key] ?? 0
      numbers[key] = from + count
      for (let number = from; number < from + count; number++) await jetstream(nc).publish(`events.${id}.${key}`, `${key}${number}`)
    },
    read: async (answer: (name: string, attempt: number) => Verdict | Promise<Verdict>, through = nc) => {
      const handle: GroupHandler = async ({ data }, attempt) => {
        const name = new TextDecoder().decode(data)
        seen.push(`${name}/${attempt}`)
        return answer(name, attempt)
      }
      const subscription = await consumerGroup(through, { stream: STREAM.events, group, subjects: [`events.${id}.*`], ackWaitMs: 1_000 }, handle)
      subscriptions.push(subscription)
      return subscription
    },
    /** Names in the order in which each was heard for the first time. */
    firsts: (key: string) => [...new Set(seen.map((line) => line.split('/')[0] ?? '').filter((name) => name.startsWith(key)))],
    look: () => lookAt(jsm, STREAM.events, group),
    overflowing: async () => (await overflowed(nc)).find((each) => each.group === group),
  }
}
const numbered = (key: string, count: number): readonly string[] => Array.from({ length: count }, (_, index) => `${key}${index}`)

test('followers of a failing head are acked and come in order when it recovers; others go on meanwhile', async () => {
  const { publish, read, seen, firsts, look, overflowing } = scene()
  let isFailing = true
  await read((name) => (name === 'a0' && isFailing ? retry : ack))
  await publish('a', FOLLOWERS)
  await until(async () => (await overflowing())?.keys === 1)
  await publish('b', 3)
  await publish('a', 5)
  await until(() => seen.includes('b2/1'))
  // the one kept back is the lantern
  await until(async () => (await look()).pending === 1)
  expect(await overflowing()).toMatchObject({ stream: STREAM.events, keys: 1, oldest: { subject: expect.stringMatching(/\.a$/), reason: 'not now' } })
  expect(firsts('a')).toEqual(['a0'])
  isFailing = false
  await until(async () => (await overflowing()) === undefined)
  await publish('a', 5)
  await until(() => firsts('a').length === FOLLOWERS + 10)
  expect(firsts('a')).toEqual(numbered('a', FOLLOWERS + 10))
  await until(async () => (await look()).pending === 0)
  const attempts = seen.filter((line) => line.startsWith('a0/')).map((line) => Number(line.split('/')[1]))
  expect(attempts).toEqual(attempts.map((_, index) => index + 1))
  expect(seen.length).toBe(FOLLOWERS + 10 + 3 + attempts.length - 1)
})

test('a parked head lets the next ones pass, and what is read from the stream is parked like any other', async () => {
  const { publish, read, firsts, seen, overflowing } = scene()
  await read((name, attempt) => (name === 'a0' || name === 'a20' ? (attempt < 4 ? retry : { verdict: 'park', reason: 'never' }) : ack))
  await publish('a', FOLLOWERS)
  await until(() => firsts('a').length === FOLLOWERS)
  await until(async () => (await overflowing()) === undefined)
  expect(firsts('a')).toEqual(numbered('a', FOLLOWERS))
  expect(seen.filter((line) => /^a(0|20)\//.test(line))).toEqual(['a0/1', 'a0/2', 'a0/3', 'a0/4', 'a20/1', 'a20/2', 'a20/3', 'a20/4'])
})

test('a reader that closes hands over at once: the next begins at the same event, with its attempts', async () => {
  const { publish, read, seen, firsts, overflowing } = scene()
  const first = await read(() => retry)
  await publish('a', FOLLOWERS)
  await until(async () => ((await overflowing())?.oldest.attempts ?? 0) >= 5)
  await first.close()
  const tried = seen.length
  await read(() => ack)
  await until(() => firsts('a').length === FOLLOWERS)
  expect(seen.slice(0, tried + 1)).toEqual(Array.from({ length: tried + 1 }, (_, index) => `a0/${index + 1}`))
  expect(seen.slice(tried).map((line) => line.split('/')[0])).toEqual(numbered('a', FOLLOWERS))
  await until(async () => (await overflowing()) === undefined)
})

test('when a reader dies and nothing new comes, the next one goes on all the same', async () => {
  const { publish, read, firsts, overflowing, look } = scene()
  const dying = await connection()
  await read(() => retry, dying)
  await publish('a', FOLLOWERS)
  await publish('b', FOLLOWERS)
  await until(async () => (await overflowing())?.keys === 2 && (await look()).pending === 1)
  await dying.close()
  await read(() => ack)
  await until(() => firsts('a').length === FOLLOWERS && firsts('b').length === FOLLOWERS)
  expect([firsts('a'), firsts('b')]).toEqual([numbered('a', FOLLOWERS), numbered('b', FOLLOWERS)])
  await until(async () => (await overflowing()) === undefined && (await look()).pending === 0)
}, 30_000)

test('events that come while a key catches up are neither lost nor handled before the others', async () => {
  const { publish, read, firsts, seen, overflowing } = scene()
  let isFailing = true
  await read((name) => (name === 'a0' && isFailing ? retry : ack))
  await publish('a', FOLLOWERS)
  await until(async () => (await overflowing())?.keys === 1)
  isFailing = false
  for (let more = 0; more < 40; more++) await publish('a', 5)
  await until(() => firsts('a').length === FOLLOWERS + 200)
  expect(firsts('a')).toEqual(numbered('a', FOLLOWERS + 200))
  expect(seen.filter((line) => !line.startsWith('a0/'))).toEqual(numbered('a', FOLLOWERS + 200).slice(1).map((name) => `${name}/1`))
})

test('the broker is killed again and again while keys overflow: nothing is lost or reordered', async () => {
  const { publish, read, firsts, overflowing } = scene()
  let isFailing = true
  await read((name) => (/^[abc]0$/.test(name) && isFailing ? retry : ack))
  for (const key of ['a', 'b', 'c']) await publish(key, FOLLOWERS)
  await until(async () => (await overflowing())?.keys === 3)
  for (const heals of [false, true, true]) {
    await server.restart()
    isFailing = !heals
    await until(() => publish('d', 1).then(() => true, () => false), 30)
  }
  await until(() => ['a', 'b', 'c'].every((key) => firsts(key).length === FOLLOWERS), 30)
  for (const key of ['a', 'b', 'c']) expect(firsts(key)).toEqual(numbered(key, FOLLOWERS))
  await until(async () => (await overflowing()) === undefined, 30)
}, 90_000)
