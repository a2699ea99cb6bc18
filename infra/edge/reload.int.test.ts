import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { configurationOf } from './haproxy.ts'
import { natsEdges } from './nats-edges.ts'
import type { Edges } from './port.ts'
import { startEdgeProcess } from './testing-process.ts'
import { route, runtime, startSlot, startTestEdge, visit, type TestEdge, type TestSlot } from './testing.ts'

let on: TestEdge
let slot: TestSlot
let edges: Edges & { close(): void }
let release = () => {}
const claim = { deploymentId: 'dsite', claimId: 'dsite-1' }
const host = 'site.play.localhost'
const PATIENCE = { timeout: 30_000, interval: 20 }

beforeAll(async () => {
  on = await startTestEdge()
  slot = await startSlot((request, response) => {
    if (request.url === '/slow') release = () => response.end('slow')
    else response.end('ok')
  })
  await on.routes.put(route('site', 1, { address: slot.address }))
  edges = await natsEdges(on.connection)
  await vi.waitFor(async () => expect(await edges.quiesce({ deploymentId: 'none', claimId: 'none-1' })).toMatchObject({ state: 'quiesced' }), PATIENCE)
  await vi.waitFor(async () => expect(await runtime(on.config, 'get map slots.map dsite-1')).toContain('value='), PATIENCE)
}, 60_000)
afterAll(async () => {
  edges.close()
  await on.stop()
  await slot.close()
})

it('a reload keeps WebSockets and requests in flight, which keep their slot awake; nobody who comes meanwhile is refused', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${on.config.HTTP_PORT}/`, { headers: { host } })
  await once(socket, 'open')
  const slow = visit(on.config, host, { path: '/slow' })
  await vi.waitFor(async () => expect(await edges.activity(claim)).toMatchObject({ inFlight: 2 }), PATIENCE)

  let going = true
  const visitors = Array.from({ length: 4 }, async () => {
    const seen = new Set<number>()
    while (going) seen.add((await visit(on.config, host)).status)
    return seen
  })
  const old = await on.haproxyPid()
  expect(await on.reload({ WAKES_PER_ADDRESS: 601 })).toBe(true)
  expect(await on.haproxyPid()).not.toBe(old)
  await vi.waitFor(async () => expect(await runtime(on.config, 'get map slots.map dsite-1')).toContain('value='), PATIENCE)
  await vi.waitFor(async () => expect(await runtime(on.config, 'get map lease.map until')).not.toContain('value="0"'), PATIENCE)
  going = false
  expect((await Promise.all(visitors)).map((seen) => [...seen])).toEqual(Array.from({ length: 4 }, () => [200]))
  expect(await visit(on.config, 'nobody.play.localhost')).toMatchObject({ status: 404 })

  expect(await edges.quiesce(claim)).toEqual({ state: 'busy', reason: '2 requests are in flight' })
  const echo = once(socket, 'message')
  socket.send('still here')
  expect(String((await echo)[0])).toBe('still here')
  release()
  expect(await slow).toMatchObject({ status: 200, body: 'slow' })
  expect(await edges.quiesce(claim)).toMatchObject({ state: 'busy' })

  socket.close()
  await vi.waitFor(async () => expect(await edges.quiesce(claim)).toMatchObject({ state: 'quiesced' }), PATIENCE)
  await edges.restore(claim)
  await vi.waitFor(() => expect(() => process.kill(old, 0)).toThrow('ESRCH'), PATIENCE)
  expect(await visit(on.config, host)).toMatchObject({ status: 200 })
}, 90_000)

it('a reload neither delays a pause nor hastens it: counts and idle times go on, and begin when the last on the old worker has ended', async () => {
  const { requests } = await edges.activity(claim)
  const began = performance.now()
  const idle = async () => (await edges.activity(claim)).idleMs ?? 0
  await vi.waitFor(async () => expect(await idle()).toBeGreaterThan(3_000), PATIENCE)
  expect(await on.reload({ WAKES_PER_ADDRESS: 602 })).toBe(true)
  await vi.waitFor(async () => expect(await edges.activity(claim)).toMatchObject({ inFlight: 0, requests }), PATIENCE)
  expect(await idle()).toBeGreaterThan(3_000)
  expect(await idle()).toBeLessThanOrEqual(performance.now() - began + 1_000)

  const socket = new WebSocket(`ws://127.0.0.1:${on.config.HTTP_PORT}/`, { headers: { host } })
  await once(socket, 'open')
  const old = await on.haproxyPid()
  expect(await on.reload({ WAKES_PER_ADDRESS: 603 })).toBe(true)
  await vi.waitFor(async () => expect(await edges.activity(claim)).toMatchObject({ inFlight: 1 }), PATIENCE)
  const closedAt = performance.now()
  socket.close()
  await vi.waitFor(() => expect(() => process.kill(old, 0)).toThrow('ESRCH'), PATIENCE)
  // what the old worker counted in its last moments may not have reached the new one; when somebody was last there has
  const { inFlight, requests: counted } = await edges.activity(claim)
  expect([inFlight, counted - requests]).toEqual([0, expect.toBeOneOf([0, 1])])
  expect(await idle()).toBeLessThanOrEqual(performance.now() - closedAt + 50)
}, 90_000)

it('nothing is reloaded when it is as wanted, and a configuration that cannot be had leaves all as it was', async () => {
  const pid = await on.haproxyPid()
  expect(await on.reload({ WAKES_PER_ADDRESS: 603 })).toBe(false)
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  await expect(on.reload({ HTTP_PORT: port })).rejects.toThrow('goes on with the one before')
  taken.close()
  expect(await on.haproxyPid()).toBe(pid)
  expect(await visit(on.config, host)).toMatchObject({ status: 200 })
  expect(await on.reload({ WAKES_PER_ADDRESS: 604 })).toBe(true)
  expect(await visit(on.config, host)).toMatchObject({ status: 200 })
}, 90_000)

it('an edge that starts with another configuration than its HAProxy reloads that', async () => {
  const edge = await startEdgeProcess(on.nats.url, { EDGE_ID: 'edge-9' })
  const digest = () => runtime(edge.config, 'show env PLAYGROUND_CONFIGURATION')
  const before = await digest()
  await edge.kill()
  await edge.start({ WAKES_PER_ADDRESS: '605' })
  await vi.waitFor(async () => expect(await digest()).not.toBe(before), PATIENCE)
  expect(await digest()).toContain(configurationOf({ ...edge.config, WAKES_PER_ADDRESS: 605 }).digest)
  expect(await visit(edge.config, 'nobody.play.localhost')).toMatchObject({ status: 404 })
  await edge.stop()
}, 90_000)

it('who stays longer than the old worker may is let go', async () => {
  await on.reload({ RELOAD_DRAIN_SECONDS: 1 })
  const socket = new WebSocket(`ws://127.0.0.1:${on.config.HTTP_PORT}/`, { headers: { host } })
  await once(socket, 'open')
  const closed = once(socket, 'close')
  expect(socket.readyState).toBe(WebSocket.OPEN)
  await on.reload({ RELOAD_DRAIN_SECONDS: 2 })
  await closed
}, 90_000)
