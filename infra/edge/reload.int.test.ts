import { once } from 'node:events'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { natsEdges } from './nats-edges.ts'
import type { Edges } from './port.ts'
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

  const before = await runtime(on.config, 'show info')
  let going = true
  const visitors = Array.from({ length: 4 }, async () => {
    const seen = new Set<number>()
    while (going) seen.add((await visit(on.config, host)).status)
    return seen
  })
  const { ended } = await on.reloadHaproxy()
  const pidOf = (info: string) => /^Pid: (\d+)$/m.exec(info)?.[1]
  await vi.waitFor(async () => expect(pidOf(await runtime(on.config, 'show info'))).not.toBe(pidOf(before)), PATIENCE)
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
  await ended
  expect(await visit(on.config, host)).toMatchObject({ status: 200 })
}, 90_000)
