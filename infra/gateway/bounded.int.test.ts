import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Room } from '../disk/room.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { specOf, startGateway, type TestGateway } from './testing/gateway.ts'

const MB = 1024 ** 2
const PUBLIC = { annotations: { public: 'true' } }

let nats: NatsServer
let gateway: TestGateway
let room: Room
let held: (() => void)[]
beforeEach(async () => {
  room = 'ample'
  held = []
  nats = await startNats({ syncAlways: false })
  gateway = await startGateway({
    nats, room: () => room, bodyLimitBytes: 64 * MB, timeoutSeconds: 60, stack: ['echo', 'holding'].map((name) => specOf(name, PUBLIC)),
    handlers: { echo: ({ rawBody }) => String(rawBody.length), holding: () => new Promise<string>((resolve) => held.push(() => resolve('done'))) },
  })
})
afterEach(async () => {
  await gateway.stop()
  await nats.stop()
})

test('a disk that is almost full takes no calls for later; others run', async () => {
  room = 'scarce'
  const refused = await gateway.call('/async-function/echo', { method: 'POST', body: 'x' })
  expect(refused.status).toBe(507)
  expect(refused.headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '5' })
  expect(JSON.parse(String(refused.body))).toMatchObject({ code: 'STORAGE_FULL' })
  expect((await gateway.call('/function/echo', { method: 'POST', body: 'x' })).status).toBe(200)
  room = 'ample'
  expect((await gateway.call('/async-function/echo', { method: 'POST', body: 'x' })).status).toBe(202)
})

test('bodies of all calls under way find their place in memory, or are refused; with the answers the place is free', async () => {
  const body = Buffer.alloc(60 * MB)
  const calls = Array.from({ length: 4 }, () => gateway.call('/function/holding', { method: 'POST', body }))
  await expect.poll(() => held.length, { timeout: 30_000 }).toBe(4)
  const refused = await gateway.call('/function/holding', { method: 'POST', body })
  expect(refused.status).toBe(503)
  expect(refused.headers['retry-after']).toBe('1')
  expect(JSON.parse(String(refused.body))).toMatchObject({ code: 'TOO_MUCH_AT_ONCE' })
  expect((await gateway.call('/function/echo', { method: 'POST', body: 'small' })).status).toBe(200)
  held.forEach((answer) => answer())
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(await gateway.call('/function/echo', { method: 'POST', body })).toMatchObject({ status: 200 })
}, 60_000)
