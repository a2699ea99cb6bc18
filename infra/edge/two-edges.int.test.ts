import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { natsEdges } from './nats-edges.ts'
import type { Edges } from './port.ts'
import { route, runtime, startSlot, startTestEdge, visit, type TestEdge, type TestSlot } from './testing.ts'

let one: TestEdge
let other: TestEdge
let slot: TestSlot
let edges: Edges & { close(): void }
let release = () => {}
const claim = { deploymentId: 'dsite', claimId: 'dsite-1' }
const slotAt = (edge: TestEdge) => runtime(edge.config, 'get map slots.map dsite-1')
const expectRouted = (edge: TestEdge) => vi.waitFor(async () => expect(await slotAt(edge)).toContain('value='), { interval: 10 })

beforeAll(async () => {
  one = await startTestEdge({ EDGE_ID: 'edge-1' })
  other = await startTestEdge({ EDGE_ID: 'edge-2' }, one)
  slot = await startSlot((request, response) => {
    if (request.url === '/slow') release = () => response.end('slow')
    else response.end('ok')
  })
  edges = await natsEdges(one.connection)
  await one.routes.put(route('site', 1, { address: slot.address }))
  await Promise.all([expectRouted(one), expectRouted(other)])
  await vi.waitFor(async () => expect(await edges.activity(claim)).toBeTruthy(), { interval: 50 })
  await vi.waitFor(async () => expect(await edges.quiesce({ deploymentId: 'none', claimId: 'none-1' })).toMatchObject({ state: 'quiesced' }), { timeout: 8_000, interval: 50 })
})
afterAll(async () => {
  edges.close()
  await other.stop()
  await one.stop()
  await slot.close()
})

describe('two edges', () => {
  it('are both asked: what is in flight at one keeps the slot awake', async () => {
    const slow = visit(other.config, 'site.play.localhost', { path: '/slow' })
    await vi.waitFor(async () => expect(await edges.activity(claim)).toMatchObject({ inFlight: 1, requests: 1 }), { interval: 10 })
    expect(await edges.quiesce(claim)).toMatchObject({ state: 'busy' })
    await edges.restore(claim)
    await Promise.all([expectRouted(one), expectRouted(other)])
    release()
    expect(await slow).toMatchObject({ body: 'slow' })
  })

  it('take the route out together, and their requests add up', async () => {
    await visit(one.config, 'site.play.localhost')
    await vi.waitFor(async () => expect(await edges.activity(claim)).toMatchObject({ inFlight: 0, requests: 2 }), { interval: 10 })
    expect(await edges.quiesce(claim)).toEqual({ state: 'quiesced', requests: 2 })
    expect(await slotAt(one)).toContain('found=no')
    expect(await slotAt(other)).toContain('found=no')
    await edges.restore(claim)
    await Promise.all([expectRouted(one), expectRouted(other)])
  })

  it('are one when the other took its leave, having sent everything to its waker', async () => {
    await other.edge.close()
    expect(await slotAt(other)).toContain('found=no')
    await vi.waitFor(async () => expect(await edges.quiesce(claim)).toMatchObject({ state: 'quiesced' }), { interval: 20 })
    await edges.restore(claim)
  })
})
