import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isFailure } from '../../events/errors.ts'
import type { Message } from '../../events/messages.ts'
import { until } from '../event-store/contract-fixtures.ts'
import type { Subscription } from '../event-store/port.ts'
import { randomId } from '../ids.ts'
import { logger } from '../log.ts'
import { connectNats } from '../nats/connect.ts'
import { consumerGroup } from '../nats/group.ts'
import { keepStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { decodeMessage, type Decoded } from '../nats/wire.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { jetStreamTimers } from './jetstream.ts'
import { keepTimer } from './keep.ts'
import type { Timers } from './port.ts'

process.env['LOG_LEVEL'] = 'silent'

let server: NatsServer
let nc: NatsConnection
let timers: Timers
let subscription: Subscription
const due: Decoded[] = []

const metadata = { correlationId: 'timers', causationId: 'e1', actor: 'function:idle' }
const idle = (claimId: string): Message => ({ type: 'IdleCheckDue', data: { deploymentId: 'd', claimId } })
const soon = (ms: number): string => new Date(Date.now() + ms).toISOString()
const dueFor = (claimId: string) => due.filter(({ subject }) => subject.endsWith(`.${claimId}`))

beforeAll(async () => {
  server = await startNats()
  nc = await connectNats({ NATS_URL: server.url, SECRETS_DIR: server.folder }, 'timers')
  await keepStreams(nc)
  timers = await jetStreamTimers(nc)
  subscription = await consumerGroup(nc, { stream: STREAM.timers, group: 'timers', subjects: ['timers.due.>'] }, async (message) => {
    due.push(decodeMessage(message))
    return { verdict: 'ack' }
  })
})
afterAll(async () => {
  await subscription.close()
  await nc.close()
  await server.stop()
})

test('comes due at its time with what was given, decodable like an event', async () => {
  const claim = randomId()
  const at = soon(400)
  await timers.schedule(`idle.${claim}`, at, idle(claim), metadata)
  await until(() => dueFor(claim).length === 1)
  const [message] = dueFor(claim)
  expect(Date.now() - Date.parse(at)).toBeGreaterThanOrEqual(-5)
  expect(Date.now() - Date.parse(at)).toBeLessThan(1_500)
  expect(message).toMatchObject({ subject: `timers.due.idle.${claim}`, type: 'IdleCheckDue', version: 1, revision: null, metadata, data: idle(claim).data })
})

test('a past time is due at once', async () => {
  const claim = randomId()
  await timers.schedule(`idle.${claim}`, soon(-60_000), idle(claim), metadata)
  await until(() => dueFor(claim).length > 0)
  expect(dueFor(claim)).toHaveLength(1)
})

test('the newer of two under one key replaces the older; another key of the same claim stands', async () => {
  const claim = randomId()
  await timers.schedule(`idle.${claim}`, soon(300), idle('older'), metadata)
  await timers.schedule(`wake.${claim}`, soon(300), { type: 'WakeDue', data: { deploymentId: 'd', claimId: claim } }, metadata)
  await timers.schedule(`idle.${claim}`, soon(700), idle('newer'), metadata)
  await until(() => dueFor(claim).length === 2)
  await sleep(500)
  expect(dueFor(claim).map(({ type }) => type)).toEqual(['WakeDue', 'IdleCheckDue'])
  expect(dueFor(claim)[1]?.data).toMatchObject({ claimId: 'newer' })
})

test('one that is taken back does not come; unknown keys are fine; a pattern is no key', async () => {
  const [gone, stays] = [randomId(), randomId()]
  await timers.schedule(`idle.${gone}`, soon(300), idle(gone), metadata)
  await timers.schedule(`idle.${stays}`, soon(300), idle(stays), metadata)
  await timers.cancel(`idle.${gone}`)
  await timers.cancel(`idle.${randomId()}`)
  await expect(timers.cancel('idle.*')).rejects.toThrow(RangeError)
  await expect(timers.schedule('idle.>', soon(0), idle('x'), metadata)).rejects.toThrow(RangeError)
  await until(() => dueFor(stays).length === 1)
  await sleep(300)
  expect(dueFor(gone)).toEqual([])
})

test('only known messages are taken', async () => {
  await expect(timers.schedule('idle.x', soon(0), { type: 'IdleCheckDue', data: { deploymentId: 'd' } } as unknown as Message, metadata))
    .rejects.toSatisfy((error) => isFailure(error, 'MALFORMED_EVENT'))
})

test('outlives the broker, and leaves nothing behind that stays for ever', async () => {
  const claim = randomId()
  await timers.schedule(`idle.${claim}`, soon(1_200), idle(claim), metadata)
  await server.restart()
  await until(() => dueFor(claim).length >= 1)
  const jsm = await jetstreamManager(nc)
  const { config, state } = await jsm.streams.info(STREAM.timers, { subjects_filter: 'timers.schedule.>' })
  expect(Object.keys(state.subjects ?? {}).filter((subject) => subject.endsWith(claim))).toEqual([])
  const stored = await jsm.streams.getMessage(STREAM.timers, { last_by_subj: `timers.due.idle.${claim}` })
  expect(stored?.header.get('Nats-TTL')).toBe('720h')
  expect(config).toMatchObject({ allow_msg_ttl: true, allow_msg_schedules: true, storage: 'file' })
}, 20_000)

test('a timer that is set anew each time goes on, whoever forgets it', async () => {
  const sweep: Message = { type: 'HealDue', data: { cursor: null, spent: null } }
  const sweeps = () => due.filter(({ subject }) => subject === 'timers.due.heal.test').length
  const keeper = await keepTimer({ connection: nc, timers, key: 'heal.test', everyMs: 200, message: sweep, log: logger('timers') })
  await until(() => sweeps() === 2) // nobody sets it anew: it is missed, and set
  await server.restart()
  await until(() => sweeps() >= 4)
  keeper.stop()
  expect(due.find(({ subject }) => subject === 'timers.due.heal.test')).toMatchObject({ type: 'HealDue', data: sweep.data, metadata: { actor: 'agent' } })
  await timers.cancel('heal.test')
}, 30_000)
