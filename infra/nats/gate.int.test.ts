import { jetstream, jetstreamManager, type JetStreamManager, type JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../event-store/contract-fixtures.ts'
import { randomId } from '../ids.ts'
import { logger } from '../log.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { connectNats } from './connect.ts'
import { ensureDurable, READERS } from './durable.ts'
import { Gate, type GateOptions } from './gate.ts'
import { pinOf } from './receipts.ts'
import { ensureStreams } from './streams.ts'
import { STREAM } from './subjects.ts'

process.env['LOG_LEVEL'] = 'silent'

let server: NatsServer
let nc: NatsConnection
let jsm: JetStreamManager
beforeAll(async () => {
  server = await startNats({ syncAlways: false })
  nc = await connectNats({ NATS_URL: server.url, SECRETS_DIR: server.folder }, 'test')
  jsm = await jetstreamManager(nc)
  await ensureStreams(nc)
})
afterAll(async () => {
  await nc.close()
  await server.stop()
})

/** A consumer that delivered one message of `old`, which is neither acked nor in the gate's reader's hands, and one of `new` that is. */
const scene = async (options: Partial<GateOptions> = {}) => {
  const id = randomId()
  const group = `g-${id}`
  const [old, next] = [`events.${id}.old`, `events.${id}.next`]
  await ensureDurable(jsm, { stream: STREAM.events, name: group, subjects: [`events.${id}.*`], from: 'end', ackWaitMs: 60_000 })
  const delivered: JsMsg[] = []
  const messages = await (await jetstream(nc).consumers.get(STREAM.events, group)).consume({ group: READERS, callback: (message) => void delivered.push(message) })
  for (const subject of [old, next]) await jetstream(nc).publish(subject, '')
  await until(() => delivered.length === 2)
  messages.stop()
  const [lost, mine] = delivered as [JsMsg, JsMsg]
  const held = new Set([mine.seq])
  let recalls = 0
  const gate = new Gate({
    jsm, stream: STREAM.events, group, keyOf: (subject) => subject, hears: (subject) => subject.startsWith(`events.${id}.`), log: logger('gate'),
    has: (sequence) => held.has(sequence), heldUpTo: () => held.size, onOpen: () => {}, recall: async () => void recalls++, ...options,
  })
  gate.saw(pinOf(mine), mine.info.deliverySequence)
  return { gate, old, next, lost, held, recalls: () => recalls }
}

test('until the broker was asked and the markers were read every key is held, then only those that may have something before', async () => {
  const { gate, old, next, recalls } = await scene()
  expect([gate.holds(old), gate.holds(next), gate.holds('events.x.never-heard')]).toEqual([true, true, true])
  await until(() => !gate.holds(next))
  expect(recalls()).toBeGreaterThan(0)
  expect([gate.holds(old), gate.holds('events.x.never-heard')]).toEqual([true, false])
  gate.close()
})

test('a key goes when what was before has its place, not earlier', async () => {
  const { gate, old, next, lost, held } = await scene()
  await until(() => !gate.holds(next))
  gate.saw(pinOf(lost), 3)
  expect(gate.holds(old)).toBe(true)
  held.add(lost.seq)
  gate.placed(old, lost.seq)
  expect(gate.holds(old)).toBe(false)
  gate.close()
})

test('a key goes when the other reader has settled it', async () => {
  const { gate, old, next, lost } = await scene()
  await until(() => !gate.holds(next))
  expect(gate.holds(old)).toBe(true)
  lost.ack()
  await until(() => !gate.holds(old))
  gate.close()
})

test('a gap and a new pin begin a hold; a delivery that follows does not', async () => {
  const { gate, next, lost, held } = await scene()
  held.add(lost.seq)
  await until(() => !gate.holds(next))
  gate.saw(pinOf(lost), 3)
  expect(gate.holds(next)).toBe(false)
  gate.saw(pinOf(lost), 5)
  expect(gate.holds(next)).toBe(true)
  await until(() => !gate.holds(next))
  gate.saw('another pin', 6)
  expect(gate.holds(next)).toBe(true)
  gate.close()
})

test('while the markers cannot be read nothing goes', async () => {
  let isAway = true
  const { gate, next } = await scene({ recall: async () => (isAway ? Promise.reject(new Error('away')) : undefined) })
  await until(async () => (await jsm.getAccountInfo()).api.total > 0)
  expect(gate.holds(next)).toBe(true)
  isAway = false
  await until(() => !gate.holds(next))
  gate.close()
})

test('what never comes is given up in the end', async () => {
  const { gate, old, next } = await scene({ stallMs: 500 })
  await until(() => !gate.holds(next))
  expect(gate.holds(old)).toBe(true)
  await until(() => !gate.holds(old))
  gate.close()
})
