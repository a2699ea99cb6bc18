import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { STRANGERS } from '../access/shares.ts'
import { CARGO } from '../namespaces.ts'
import type { AttachedRecord } from '../store/record.ts'
import type { Row } from '../store/port.ts'
import { MOST_OF_TOPIC } from '../subscriptions/rows.ts'
import { claimOn, serve, startStore } from '../testing/serve.ts'
import { openEmpty } from '../testing/store.ts'
import { deposit, INBOX, MOST_RECEIVED, type Received } from './inbox.ts'
import type { Notification } from './notification.ts'
import { DEAD, DUE, keepNotification, owe, owedTo, settle, type DeadLetter, type Lane, type Owed } from './outbox.ts'
import { GIVEN_UP_AFTER_MS } from './retry.ts'
import { subscription } from './testing/town.ts'

let minio: MinioServer
let record: AttachedRecord
beforeAll(async () => {
  minio = await startStore()
  record = await openEmpty(claimOn(minio))
})
afterAll(() => minio.stop())

const AGENT = 'https://partner.test/logistics-objects/org'
const said: Notification = { eventType: 'LOGISTICS_OBJECT_AVAILABLE', object: 'https://1r.test/logistics-objects/1', objectType: null, changed: [], event: null, triggeredBy: null }
const owed = { agent: AGENT, eventType: said.eventType, object: '1', subscription: null, needs: null, sendBody: false } as const
const waiting = () => record.reader().scan<Owed>({ prefix: owedTo(AGENT), limit: 1_000 })
const lanes = async () => (await record.reader().scan<Lane>({ prefix: DUE, limit: 10 })).map(({ value }) => value)

test('an agent that stays away is tried for three days; then what is older is given up, together, and the rest is not', async () => {
  await record.write(async (tx) => {
    const place = keepNotification(tx, said)
    const longAgo = { ...tx, at: new Date(tx.at.getTime() - GIVEN_UP_AFTER_MS) }
    for (let index = 0; index < 5; index += 1) await owe(longAgo, owed, place)
    for (let index = 0; index < 3; index += 1) await owe(tx, owed, place)
  })
  expect(await waiting()).toHaveLength(8)
  await record.write((tx) => settle(tx, { agent: AGENT, done: [], dead: [], failed: { reason: 'away', afterMs: 0 } }, 0.5))
  expect(await waiting()).toHaveLength(3)
  const dead = await record.reader().scan<DeadLetter>({ prefix: DEAD, limit: 10 })
  expect(dead.map(({ value: { agent, reason } }) => [agent, reason])).toEqual(Array.from({ length: 5 }, () => [AGENT, 'away']))
})

test('a lane has one time when it is due, which each failure puts off, and ends with the last of what it owes', async () => {
  const failed = { agent: AGENT, done: [], dead: [], failed: { reason: 'away', afterMs: 0 } }
  await record.write((tx) => settle(tx, failed, 0.5))
  const [before] = await lanes()
  await record.write((tx) => settle(tx, failed, 0.5))
  const [after, ...more] = await lanes()
  expect(more).toEqual([])
  expect(after).toMatchObject({ agent: AGENT, reason: 'away', failures: (before?.failures ?? 0) + 1 })
  expect((after?.dueAt ?? 0) - (before?.dueAt ?? 0)).toBeGreaterThan(1_000)
  const rows: readonly Row<Owed>[] = await waiting()
  await record.write((tx) => settle(tx, { agent: AGENT, done: rows.slice(0, 1).map(({ value }) => value), dead: [], failed: null }, 0.5))
  expect(await lanes()).toMatchObject([{ agent: AGENT, failures: 0, reason: null }])
  await record.write((tx) => settle(tx, { agent: AGENT, done: rows.slice(1).map(({ value }) => value), dead: [], failed: null }, 0.5))
  expect([await waiting(), await lanes()]).toEqual([[], []])
})

test('the inbox holds its limit: the oldest go, strangers\' too, and what went is not known again; strangers push nobody out', async () => {
  const put = (from: number, to: number) => record.write(async (tx) => {
    const place = keepNotification(tx, said)
    for (let index = from; index < to; index += 1) await deposit(tx, said, () => place, { sender: AGENT, by: 'key', text: String(index) }, { uri: AGENT, isKnown: true })
  })
  const strangers = (from: number, to: number) => record.write(async (tx) => {
    for (let index = from; index < to; index += 1) await deposit(tx, said, () => keepNotification(tx, said), null, { uri: 'https://stranger.test/x', isKnown: false })
  })
  await strangers(0, 30)
  for (let from = 0; from < MOST_RECEIVED + 1_000; from += 1_000) await put(from, from + 1_000)
  const count = async () => {
    let total = 0
    for (let after: string | null = null; ; ) {
      const page: readonly Row<Received>[] = await record.reader().scan<Received>({ prefix: INBOX, limit: 1_000, ...(after === null ? {} : { after }) })
      total += page.length
      after = page.at(-1)?.key ?? null
      if (page.length < 1_000 || after === null) return total
    }
  }
  expect(await count()).toBe(MOST_RECEIVED)
  await put(5_000, 5_001) // is there
  await put(0, 1) // went
  expect(await count()).toBe(MOST_RECEIVED)
  const [newest] = await record.reader().scan<Received>({ prefix: INBOX, reverse: true, limit: 1 })
  expect(await record.reader().get(newest?.value.seen ?? '')).toMatchObject({ value: newest?.value.id })
  const { each } = STRANGERS.notifications
  await strangers(0, each) // the first 30 went
  expect(await count()).toBe(MOST_RECEIVED + each)
  await expect(strangers(0, 1)).rejects.toMatchObject({ status: 429 })
}, 120_000)

test('a topic has so many subscriptions and no more; one object owes each of them one row, and one change not more than it may', async () => {
  const served = await serve(minio, { settings: { outboundAllow: '127.0.0.1/32' } })
  const post = async (path: string, body: unknown) => {
    const answer = await fetch(served.address + path, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: JSON.stringify(body) })
    expect(answer.status).toBe(201)
    return (answer.headers.get('location') ?? '').replace(served.base, served.address)
  }
  const subscriber = (index: number) => `http://127.0.0.1:1/${index}/logistics-objects/org` // nobody listens there
  await Promise.all(Array.from({ length: MOST_OF_TOPIC }, (_, index) => post('/subscriptions', subscription(subscriber(index), `${CARGO}Piece`))))
  const request = await post('/subscriptions', subscription(subscriber(MOST_OF_TOPIC), `${CARGO}Piece`))
  expect(await (await fetch(request)).json()).toMatchObject({ 'api:hasRequestStatus': { '@id': 'api:REQUEST_FAILED' }, 'api:hasError': [expect.objectContaining({ 'api:hasTitle': 'Unprocessable content' })] })
  await post('/logistics-objects', { '@context': { cargo: CARGO }, '@type': 'cargo:Piece' })
  const { items } = (await (await fetch(`${served.address}/holder/outbox?limit=200`)).json()) as { items: readonly { agent: string }[] }
  expect(new Set(items.map(({ agent }) => agent)).size).toBe(MOST_OF_TOPIC)

  const shipment = (pieces: number) => ({ '@context': { cargo: CARGO }, '@type': 'cargo:Shipment', 'cargo:pieces': Array.from({ length: pieces }, () => ({ '@type': 'cargo:Piece', 'cargo:goodsDescription': 'x' })) })
  const tooMuch = await fetch(`${served.address}/logistics-objects`, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: JSON.stringify(shipment(51)) })
  expect([tooMuch.status, await tooMuch.text()]).toEqual([422, expect.stringContaining('send it in parts')])
  await post('/logistics-objects', shipment(10))
  await expect.poll(async () => (await served.application.quiesce()).state, { timeout: 60_000, interval: 50 }).toBe('quiet') // nobody is left to try
  await served.stop()
})
