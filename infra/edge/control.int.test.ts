import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { natsEdges } from './nats-edges.ts'
import { route, runtime, startSlot, startTestEdge, visit, type TestEdge, type TestSlot } from './testing.ts'

let on: TestEdge
let slot: TestSlot
let edges: Awaited<ReturnType<typeof natsEdges>>
let release = () => {}
let sequence = 0
let name = ''
const claim = () => ({ deploymentId: `d${name}`, claimId: `d${name}-1` })
const host = () => `${name}.play.localhost`
const put = (part: Parameters<typeof route>[2] = { address: slot.address }) => on.routes.put(route(name, ++sequence, part))
const slotInMap = () => runtime(on.config, `get map slots.map d${name}-1`)
const routed = () => vi.waitFor(async () => expect(await slotInMap()).toContain('value='), { interval: 10 })
const ask = (path = '/', agent?: Agent) => visit(on.config, host(), { path, ...(agent ? { agent } : {}) })
const settled = () => vi.waitFor(async () => expect(await edges.activity(claim())).toMatchObject({ inFlight: 0 }), { interval: 10 })

beforeAll(async () => {
  on = await startTestEdge()
  slot = await startSlot((request, response) => {
    if (request.url === '/slow') release = () => response.end('slow')
    else response.end('ok')
  })
  edges = await natsEdges(on.connection)
  name = 'first'
  await vi.waitFor(async () => expect(await edges.quiesce(claim())).toMatchObject({ state: 'quiesced' }), { timeout: 8_000, interval: 50 })
})
afterAll(async () => {
  edges.close()
  await on.stop()
  await slot.close()
})
beforeEach(async () => {
  name = `site-${++sequence}`
  await put()
  await routed()
})

describe('quiesce', () => {
  it('takes the route out when nothing is in flight, idle connections notwithstanding, and tells the requests', async () => {
    const agent = new Agent({ keepAlive: true })
    await ask('/', agent)
    await ask('/', agent)
    await settled()
    expect(await edges.quiesce(claim())).toEqual({ state: 'quiesced', requests: 2 })
    expect(await slotInMap()).toContain('found=no')
    const held = ask('/', agent)
    await vi.waitFor(() => expect(on.hits.some(({ deploymentId }) => deploymentId === `d${name}`)).toBe(true), { interval: 5 })
    await edges.restore(claim())
    expect(await held).toMatchObject({ status: 200 })
    await routed()
    agent.destroy()
  })

  it('is busy while a request is in flight, and the route stays', async () => {
    const slow = ask('/slow')
    await vi.waitFor(async () => expect(await edges.activity(claim())).toMatchObject({ inFlight: 1, requests: 1 }), { interval: 10 })
    expect(await edges.quiesce(claim())).toEqual({ state: 'busy', reason: '1 request is in flight' })
    await routed()
    release()
    expect(await slow).toMatchObject({ body: 'slow' })
    await settled()
    expect(await edges.quiesce(claim())).toEqual({ state: 'quiesced', requests: 1 })
  })

  it('holds visitors until what is in flight has ended, and they go to the slot that follows', async () => {
    const next = await startSlot((_, response) => response.end('from the next slot'))
    const slow = ask('/slow')
    await vi.waitFor(async () => expect(await edges.activity(claim())).toMatchObject({ inFlight: 1 }), { interval: 10 })
    const hold = edges.hold(claim(), { withinMs: 30_000, keep: false })
    await vi.waitFor(async () => expect(await slotInMap()).toContain('found=no'), { interval: 10 })
    const held = ask()
    await vi.waitFor(() => expect(on.hits.some(({ deploymentId }) => deploymentId === `d${name}`)).toBe(true), { interval: 5 })
    release()
    expect([await hold, await slow]).toMatchObject([{ state: 'quiesced' }, { body: 'slow' }])
    await put({ address: next.address, claimId: `d${name}-2` })
    expect(await held).toMatchObject({ status: 200, body: 'from the next slot' })
    await next.close()
  })

  it('holds them no longer than it was told, unless they are to be held all the same', async () => {
    const slow = ask('/slow')
    await vi.waitFor(async () => expect(await edges.activity(claim())).toMatchObject({ inFlight: 1 }), { interval: 10 })
    expect(await edges.hold(claim(), { withinMs: 50, keep: false })).toEqual({ state: 'busy', reason: '1 request is in flight' })
    await routed()
    expect(await edges.hold(claim(), { withinMs: 50, keep: true })).toMatchObject({ state: 'busy' })
    expect(await slotInMap()).toContain('found=no')
    await edges.restore(claim())
    await routed()
    release()
    expect(await slow).toMatchObject({ body: 'slow' })
  })

  it('is busy while a WebSocket is open, through HAProxy or through the waker under another claim', async () => {
    for (const woken of [false, true]) {
      if (woken) await put({ state: 'asleep', claimId: `d${name}-0` })
      const socket = new WebSocket(`ws://127.0.0.1:${on.config.HTTP_PORT}/`, { headers: { host: host() } })
      if (woken) {
        await vi.waitFor(() => expect(on.hits.some(({ deploymentId }) => deploymentId === `d${name}`)).toBe(true), { interval: 5 })
        await put()
      }
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
      await sleep(300)
      expect(await edges.quiesce(claim())).toEqual({ state: 'busy', reason: '1 request is in flight' })
      expect(await edges.activity(claim())).toMatchObject({ inFlight: 1 })
      socket.close()
      await settled()
    }
    expect(await edges.quiesce(claim())).toEqual({ state: 'quiesced', requests: 2 })
  })

  it('is not undone by the same route again, nor by an earlier one; a later one undoes it', async () => {
    const { sequence: asked } = await put({ state: 'asleep' })
    await put()
    await routed()
    const at = String(sequence + 5)
    expect(await edges.quiesce({ ...claim(), sequence: at })).toMatchObject({ state: 'quiesced' })
    expect(Number(asked)).toBeLessThan(sequence)
    await put() // follows from what was before the wish to pause
    await sleep(100)
    expect(await slotInMap()).toContain('found=no')
    sequence += 10
    await put()
    await routed()
  })

  it('counts the requests of each time awake', async () => {
    await ask()
    await settled()
    expect(await edges.quiesce(claim())).toEqual({ state: 'quiesced', requests: 1 })
    await put() // the pause was abandoned: the same time awake goes on
    await edges.restore(claim())
    await routed()
    expect(await edges.quiesce(claim())).toEqual({ state: 'quiesced', requests: 1 })
    await put({ state: 'asleep' })
    await put()
    await routed()
    await ask()
    await ask()
    await settled()
    expect(await edges.quiesce(claim())).toEqual({ state: 'quiesced', requests: 2 })
  })
})

describe('activity', () => {
  it('knows when the last request ended', async () => {
    expect(await edges.activity(claim())).toEqual({ inFlight: 0, idleMs: null, requests: 0 })
    await ask()
    await sleep(200)
    const { idleMs, requests } = await edges.activity(claim())
    expect(requests).toBe(1)
    expect(idleMs).toBeGreaterThanOrEqual(180)
    expect(idleMs).toBeLessThan(1_000)
  })
})

describe('what dies comes back', () => {
  it('HAProxy: its maps are as before, and meanwhile quiesce is busy', async () => {
    await on.killHaproxy()
    expect(await edges.quiesce(claim())).toMatchObject({ state: 'busy' })
    await expect(edges.activity(claim())).rejects.toMatchObject({ code: 'EDGE_UNAVAILABLE' })
    await on.restartHaproxy()
    await vi.waitFor(async () => expect(await ask()).toMatchObject({ status: 200, body: 'ok' }), { interval: 10 })
    expect(await visit(on.config, 'nobody.play.localhost')).toMatchObject({ status: 404 })
  })

  it('the broker: routed goes on, and nobody is frozen before every edge had time to come back', async () => {
    await on.nats.restart()
    expect(await ask()).toMatchObject({ status: 200, body: 'ok' })
    await vi.waitFor(async () => expect(await edges.quiesce(claim())).toMatchObject({ state: 'busy', reason: expect.stringContaining('restarted') }), { timeout: 4_500, interval: 20 })
    await vi.waitFor(async () => expect(await edges.quiesce(claim())).toMatchObject({ state: 'quiesced' }), { timeout: 8_000, interval: 50 })
    await edges.restore(claim())
    expect(await ask()).toMatchObject({ status: 200, body: 'ok' })
  }, 40_000)
})

describe('an edge without a lease', () => {
  it('sends everything to the waker, until it has one again and has read the routes', async () => {
    await on.nats.kill()
    await vi.waitFor(async () => expect(await slotInMap()).toContain('found=no'), { timeout: 8_000, interval: 50 })
    const held = ask()
    await on.nats.restart()
    await put()
    expect(await held).toMatchObject({ status: 200 })
    await routed()
  })
})
