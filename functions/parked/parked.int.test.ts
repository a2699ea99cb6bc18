import { jetstream } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Letter } from '../../events/parked/state.ts'
import { CREDENTIALS, KEY, problem, TestGateway, type Handler } from '../../infra/dispatcher/testing/gateway.ts'
import { jetStreamEventStore } from '../../infra/event-store/jetstream/store.ts'
import { natsPayloads } from '../../infra/letters/jetstream.ts'
import { connectNats } from '../../infra/nats/connect.ts'
import { ensureStreams } from '../../infra/nats/streams.ts'
import { wireHeaders } from '../../infra/nats/wire.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { testPlatform } from '../../infra/platform/testing.ts'
import { catchUp } from '../../infra/projector/session.ts'
import { startDatabase, type TestDatabase } from '../../infra/projector/testing.ts'
import { end, startNats, type NatsServer } from '../../infra/testing/servers.ts'
import { parked } from '../../projections/parked/project.ts'
import { callerOf } from '../testing/api.ts'
import { parkedApi } from './handler.ts'

type Answered = Letter & {
  readonly id: string; readonly items: readonly (Letter & { readonly id: string })[]; readonly next: string | null; readonly changed: number; readonly skipped: number
  readonly payload: unknown; readonly history: readonly { readonly type: string }[]
}

const COUNT = 200
const refuse = problem(422, 'MALFORMED_EVENT', 'the release of Monday does not understand it')

let nats: NatsServer
let nc: NatsConnection
let database: TestDatabase
let gateway: TestGateway
let folder: string
let dispatcher: ChildProcess | undefined
let platform: Platform
let call: ReturnType<typeof callerOf<Answered>>

// the dispatcher is a process of its own, so that it can be killed
const startDispatcher = (): ChildProcess =>
  (dispatcher = spawn(process.execPath, [join(import.meta.dirname, '../../infra/dispatcher/main.ts')], {
    stdio: 'ignore', env: { ...process.env, SECRETS_DIR: folder, NATS_URL: nats.url, GATEWAY_PORT: new URL(gateway.url).port },
  }))

beforeAll(async () => {
  ;[nats, database, gateway] = await Promise.all([startNats({ syncAlways: false }), startDatabase(), new TestGateway().start()])
  folder = mkdtempSync(join(tmpdir(), 'orp-parked-'))
  for (const [name, value] of Object.entries({ 'basic-auth-user': CREDENTIALS.user, 'basic-auth-password': CREDENTIALS.password, 'signing-key': KEY })) writeFileSync(join(folder, name), `${value}\n`, { mode: 0o600 })
  nc = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'test')
  await ensureStreams(nc)
  platform = { ...testPlatform(), store: await jetStreamEventStore({ nc }), payloads: await natsPayloads(nc), readModels: database.db, clock: () => new Date() }
  call = callerOf<Answered>(parkedApi(async () => platform))
  gateway.functions = [{ name: 'provision', annotations: { topic: 'events.deployment.*' } }]
  gateway.handler = () => refuse
  startDispatcher()
  for (let index = 0; index < COUNT; index++) {
    const fields = headers()
    const event = { id: `e${index}`, type: index % 4 === 0 ? 'Paused' : 'Claimed', version: 1, metadata: { correlationId: 'c', actor: 'test' }, data: {}, revision: 0 }
    for (const [name, value] of wireHeaders(event)) fields.set(name, value)
    await jetstream(nc).publish(`events.deployment.d${index % 20}`, JSON.stringify({ deploymentId: `d${index % 20}`, text: '✈' }), { headers: fields })
  }
  await eventually(async () => expect(await letters()).toHaveLength(COUNT))
})
afterAll(async () => {
  if (dispatcher) await end(dispatcher, 'SIGKILL')
  await nc.close()
  await Promise.all([nats.stop(), database.stop(), gateway.stop()])
  rmSync(folder, { recursive: true })
})

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 50 })
/** The list as it is once the read model has caught up. */
const letters = async (query = ''): Promise<Answered['items']> => {
  await catchUp({ store: platform.store, postgres: database.postgres, projection: parked })
  const { status, json } = await call('GET', `/?limit=200${query}`)
  expect(status).toBe(200)
  return json.items
}
const historyOf = async (id: string): Promise<readonly string[]> => (await call('GET', `/${id}`)).json.history.map(({ type }) => type)
/** Calls of the function since then, by id of the event. */
const delivered = (handler: Handler): { readonly ids: Set<string> } => {
  const ids = new Set<string>()
  gateway.handler = (given) => (ids.add(given.id), handler(given))
  return { ids }
}

test('what a function gave up is listed, by what it is about and why', async () => {
  expect(await letters('&state=parked&group=provision')).toHaveLength(COUNT)
  expect(await letters('&eventType=Paused')).toHaveLength(COUNT / 4)
  expect(await letters('&deploymentId=d7&eventType=Claimed')).toHaveLength(COUNT / 20)
  expect(await letters('&search=release%20of%20Monday')).toHaveLength(COUNT)
  expect(await letters('&search=another%20reason')).toEqual([])
  const [first] = await letters('&deploymentId=d7')
  expect((await call('GET', `/${first?.id}`)).json).toMatchObject({
    ...first, reason: '422 MALFORMED_EVENT: the release of Monday does not understand it', attempts: 1,
    payload: { encoding: 'json', data: { deploymentId: 'd7', text: '✈' }, headers: { id: first?.eventId, type: first?.eventType, metadata: { correlationId: 'c' } } },
    history: [{ type: 'EventParked', actor: 'group:provision' }],
  })
})

test('one is redriven', async () => {
  const seen = delivered(() => {})
  const [one] = await letters('&eventType=Claimed')
  expect((await call('POST', `/${one?.id}/redrive`, { reason: 'mended' })).json.state).toBe('redriving')
  await eventually(async () => expect(await historyOf(one?.id ?? '')).toEqual(['EventParked', 'RedriveRequested', 'EventRedriven']))
  expect([...seen.ids]).toEqual([one?.eventId])
})

test('some are redriven, by type: those that fail again are parked with the new reason', async () => {
  const seen = delivered(() => problem(409, 'ILLEGAL_TRANSITION', 'too late for that'))
  expect((await call('POST', '/redrive', { filter: { eventType: 'Paused' }, reason: 'try' })).json).toEqual({ changed: COUNT / 4, skipped: 0, next: null })
  await eventually(async () => expect((await letters('&eventType=Paused&state=parked')).filter(({ redrives }) => redrives === 1)).toHaveLength(COUNT / 4))
  expect(seen.ids.size).toBe(COUNT / 4)
  expect(new Set((await letters('&eventType=Paused')).map(({ reason, note }) => `${reason} ${note}`))).toEqual(new Set(['409 ILLEGAL_TRANSITION: too late for that try']))
})

test('some are discarded, and what is discarded or on its way is not found by the next that comes', async () => {
  expect((await call('POST', '/discard', { filter: { eventType: 'Paused', deploymentId: 'd0' }, reason: 'of a test' })).json).toMatchObject({ changed: COUNT / 20, next: null })
  // the read model has not heard yet
  expect((await call('POST', '/discard', { filter: { eventType: 'Paused', deploymentId: 'd0' } })).json).toEqual({ changed: 0, skipped: COUNT / 20, next: null })
  expect((await call('POST', '/redrive', { filter: { eventType: 'Paused', deploymentId: 'd0' } })).json).toEqual({ changed: 0, skipped: COUNT / 20, next: null })
  expect(await letters('&state=discarded')).toHaveLength(COUNT / 20)
})

test('all that is left is redriven, page by page; a dispatcher that is killed in the middle loses none and tells none twice', async () => {
  const left = (await letters('&state=parked')).map(({ eventId }) => eventId)
  const killed = Promise.withResolvers<void>()
  const seen = delivered(() => (seen.ids.size > 40 ? killed.promise : undefined))
  let changed = 0
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { json } = await call('POST', '/redrive', { limit: 64, ...(cursor === undefined ? {} : { cursor }) })
    expect(json.changed).toBeLessThanOrEqual(64)
    changed += json.changed
    cursor = json.next
  }
  expect(changed).toBe(left.length)
  await eventually(() => expect(seen.ids.size).toBeGreaterThan(40))
  if (dispatcher) await end(dispatcher, 'SIGKILL')
  killed.resolve()
  startDispatcher()
  await eventually(async () => expect((await letters('&state=redriven')).length).toBe(left.length + 1))
  expect(seen.ids).toEqual(new Set(left))
  for (const { id, redrives } of await letters('&state=redriven')) expect((await historyOf(id)).slice(-2 * redrives)).toEqual([...(redrives === 2 ? ['RedriveRequested', 'EventParked'] : []), 'RedriveRequested', 'EventRedriven'])
  expect(await letters('&state=parked')).toEqual([])
  expect(await letters()).toHaveLength(COUNT)
})
