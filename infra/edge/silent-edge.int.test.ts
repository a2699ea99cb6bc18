import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { natsRoutes } from '../routes/nats.ts'
import type { Routes } from '../routes/port.ts'
import { startForwarder, type Forwarder } from '../testing/forwarder.ts'
import { end, startNats, type NatsServer } from '../testing/servers.ts'
import { natsEdges } from './nats-edges.ts'
import type { Edges } from './port.ts'
import { startEdgeProcess, type EdgeProcess } from './testing-process.ts'
import { route, visit, type Reply } from './testing.ts'

let nats: NatsServer
let connection: NatsConnection
let forwarder: Forwarder
let routes: Routes
let edges: Edges & { close(): void }
let good: EdgeProcess
let other: EdgeProcess
let slot: SlotProcess
let sequence = 0
const claim = { deploymentId: 'dsite', claimId: 'dsite-1' }
const host = 'site.play.localhost'
const PATIENCE = { timeout: 40_000, interval: 50 }

/** A slot that can be frozen for good: it counts requests and tells how many when asked for `/count`. */
type SlotProcess = { readonly address: string; readonly child: ChildProcess; count(): Promise<number> }
const SLOT = `let count = 0
const server = require('node:http').createServer({ keepAliveTimeout: 0 }, (request, response) => response.end(request.url === '/count' ? String(count) : (count += 1, 'served')))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`

const startSlotProcess = async (): Promise<SlotProcess> => {
  const child = spawn(process.execPath, ['-e', SLOT], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const address = `127.0.0.1:${String(line).trim()}`
  return { address, child, count: async () => Number(await (await fetch(`http://${address}/count`)).text()) }
}

beforeAll(async () => {
  nats = await startNats({ syncAlways: false })
  forwarder = await startForwarder(nats.port)
  connection = await connect({ servers: nats.url })
  routes = natsRoutes(connection)
  slot = await startSlotProcess()
  const settings = { WAKER_TIMEOUT_SECONDS: '2' }
  ;[good, other] = await Promise.all([
    startEdgeProcess(nats.url, { ...settings, EDGE_ID: 'good' }),
    startEdgeProcess(`nats://127.0.0.1:${forwarder.port}`, { ...settings, EDGE_ID: 'other' }),
  ])
  edges = await natsEdges(connection)
  await vi.waitFor(async () => expect(await edges.quiesce({ deploymentId: 'none', claimId: 'none-1' })).toMatchObject({ state: 'quiesced' }), PATIENCE)
}, 60_000)
afterAll(async () => {
  edges.close()
  await Promise.all([good.stop(), other.stop(), end(slot.child)])
  await connection.close()
  await forwarder.close()
  await nats.stop()
})

const served = (edge: EdgeProcess) => vi.waitFor(async () => expect(await visit(edge.config, host)).toMatchObject({ status: 200, body: 'served' }), PATIENCE)
const awake = async () => {
  slot.child.kill('SIGCONT')
  await routes.put(route('site', ++sequence, { address: slot.address }))
  await Promise.all([served(good), served(other)])
}
/** As idle and the agent do it: the route says asleep, all edges are quiet, and then it is frozen. */
const fallAsleep = async () => {
  await routes.put(route('site', ++sequence))
  await vi.waitFor(async () => expect(await edges.quiesce({ ...claim, sequence: String(sequence) })).toMatchObject({ state: 'quiesced' }), PATIENCE)
  const count = await slot.count()
  slot.child.kill('SIGSTOP')
  return count
}
/** Visitors one after the other, until told to end; every answer. */
const traffic = (edge: EdgeProcess) => {
  const replies: Reply[] = []
  let going = true
  const visitors = Array.from({ length: 4 }, async () => {
    while (going) replies.push(await visit(edge.config, host))
  })
  return { replies, end: async () => ((going = false), await Promise.all(visitors), replies) }
}

describe('an edge that is silent', () => {
  beforeEach(awake, 60_000)

  it('by kill -9 with visitors: no slot sleeps before its HAProxy has ended its lease, and nobody hangs on a frozen slot', async () => {
    const visitors = traffic(other)
    await vi.waitFor(() => expect(visitors.replies.length).toBeGreaterThan(20), PATIENCE)
    await other.kill()
    expect(await edges.quiesce(claim)).toMatchObject({ state: 'busy' })
    await edges.restore(claim)
    const count = await fallAsleep()
    const replies = await Promise.all(Array.from({ length: 30 }, () => visit(other.config, host)))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([503]))
    expect(replies[0]?.headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '5' })
    const all = await visitors.end()
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200, 503]))
    slot.child.kill('SIGCONT')
    expect(await slot.count()).toBe(count) // nothing had been waiting at the frozen slot

    await other.start()
    await awake()
  }, 120_000)

  it('by being stopped: when it goes on it does not believe its lease', async () => {
    other.signal('SIGSTOP')
    const count = await fallAsleep()
    // stopped with it is the waker: who was handed to it waits, those who come later are told to come again
    const early = visit(other.config, host)
    await vi.waitFor(async () => expect(await Promise.race([visit(other.config, host), sleep(1_000, null)])).toMatchObject({ status: 503 }), PATIENCE)
    other.signal('SIGCONT')
    const meanwhile = await Promise.all(Array.from({ length: 30 }, () => visit(other.config, host)))
    expect(new Set([...meanwhile, await early].map(({ status }) => status))).toEqual(new Set([503])) // at the waker, which cannot wake it here
    slot.child.kill('SIGCONT')
    expect(await slot.count()).toBe(count)
    await awake()
  }, 120_000)

  it('by being cut off from the broker: it sends everything to its waker, and serves when it is back', async () => {
    forwarder.cut()
    const count = await fallAsleep()
    const replies = await Promise.all(Array.from({ length: 30 }, () => visit(other.config, host)))
    expect(replies.map(({ body }) => (JSON.parse(body) as { code: string }).code)).toEqual(Array.from({ length: 30 }, () => 'NOT_AWAKE_IN_TIME'))
    slot.child.kill('SIGCONT')
    expect(await slot.count()).toBe(count)
    forwarder.mend()
    await awake()
  }, 120_000)
})
