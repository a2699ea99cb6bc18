import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeliveryHead } from '../delivery/cloud-event.ts'
import { openDelivery } from './deliver.ts'
import { takeTurns } from './gateways.ts'
import { KEY, problem, TestGateway } from './testing/gateway.ts'

const head: DeliveryHead = {
  id: 'e1', type: 'ClaimRequested', subject: 'events.deployment.d1', sequence: '42', revision: 0, version: 1, at: '2026-01-01T00:00:00.000Z', attempt: 1,
  metadata: { correlationId: 'c1', actor: 'owner' },
}
const body = Buffer.from('{"name":"Zürich ✈"}')

describe('a delivery', () => {
  const gateway = new TestGateway()
  let delivery: ReturnType<typeof openDelivery>
  const post = () => delivery.deliver('provision', head, body)

  beforeEach(async () => {
    await gateway.start()
    gateway.functions = [{ name: 'provision' }]
    gateway.handler = () => {}
    gateway.calls.length = 0
    delivery = openDelivery({ gateways: takeTurns([gateway.url]), signingKey: KEY, timeoutMs: 300 })
  })
  afterEach(async () => {
    delivery.close()
    await gateway.stop()
  })

  it('arrives whole, with a signature that holds', async () => {
    expect(await post()).toEqual({ kind: 'answered', status: 204, problem: {}, retryAfter: undefined })
    expect(gateway.calls).toMatchObject([{ name: 'provision', id: 'e1', type: 'ClaimRequested', sequence: 42, body: { name: 'Zürich ✈' } }])
  })

  it('is refused under another key', async () => {
    delivery.close()
    delivery = openDelivery({ gateways: takeTurns([gateway.url]), signingKey: 'another', timeoutMs: 300 })
    expect(await post()).toMatchObject({ status: 401, problem: { code: 'UNSIGNED_DELIVERY' } })
  })

  it('reads code, detail and Retry-After of a problem', async () => {
    gateway.handler = () => problem(503, 'NO_SLOT_FREE', 'No warm slot', { 'retry-after': '3' })
    expect(await post()).toEqual({ kind: 'answered', status: 503, problem: { code: 'NO_SLOT_FREE', detail: 'No warm slot' }, retryAfter: '3' })
  })

  it.each([['another shape', { code: 7, detail: ['x'] }], ['no object', 'oops'], ['one far too long', { detail: 'x'.repeat(100_000) }]])(
    'takes the status alone from a problem of %s', async (_, answer) => {
      gateway.handler = () => ({ status: 500, headers: { 'content-type': 'application/problem+json' }, body: answer })
      expect(await post()).toEqual({ kind: 'answered', status: 500, problem: {}, retryAfter: undefined })
    })

  it('meets silence when no answer comes in time', async () => {
    gateway.handler = () => new Promise((resolve) => setTimeout(resolve, 600))
    expect(await post()).toEqual({ kind: 'silent', seconds: 0.3 })
    expect(gateway.calls).toHaveLength(1)
  })

  it('finds nobody when the gateway is away', async () => {
    await gateway.stop()
    expect(await post()).toMatchObject({ kind: 'absent', reason: expect.stringContaining('ECONNREFUSED') })
    await gateway.start()
    expect(await post()).toMatchObject({ status: 204 })
  })

  it('keeps its connection, and dials a new one at once when the old one was closed meanwhile', async () => {
    await post()
    await gateway.stop()
    await gateway.start()
    expect(await post()).toMatchObject({ status: 204 })
  })
})

describe('two gateways', () => {
  const [first, second] = [new TestGateway(), new TestGateway()]
  let delivery: ReturnType<typeof openDelivery>
  const post = () => delivery.deliver('provision', head, body)

  beforeEach(async () => {
    for (const gateway of [first, second]) {
      await gateway.start()
      gateway.functions = [{ name: 'provision' }]
      gateway.handler = () => {}
      gateway.calls.length = 0
    }
    delivery = openDelivery({ gateways: takeTurns([first.url, second.url]), signingKey: KEY, timeoutMs: 300 })
  })
  afterEach(async () => {
    delivery.close()
    await Promise.all([first.stop(), second.stop()])
  })

  it('are one that is asked, and the other at once where the first cannot have seen anything', async () => {
    await post()
    await first.stop()
    expect(await post()).toMatchObject({ status: 204 })
    await first.start()
    expect(await post()).toMatchObject({ status: 204 })
    expect([first.calls.length, second.calls.length]).toEqual([1, 2])
  })

  it('both away are absent', async () => {
    await Promise.all([first.stop(), second.stop()])
    expect(await post()).toMatchObject({ kind: 'absent' })
    await Promise.all([first.start(), second.start()])
  })

  it('do not get twice at once what one may have seen: silence is said, and the next delivery goes to the other', async () => {
    first.handler = () => new Promise((resolve) => setTimeout(resolve, 600))
    expect(await post()).toMatchObject({ kind: 'silent' })
    expect([first.calls.length, second.calls.length]).toEqual([1, 0])
    expect(await post()).toMatchObject({ status: 204 })
    expect([first.calls.length, second.calls.length]).toEqual([1, 1])
  })
})

describe('a receiver that breaks off', () => {
  let server: Server
  const open = async (bytes: string): Promise<ReturnType<typeof openDelivery>> => {
    server = createServer((socket) => void socket.once('data', () => socket.end(bytes, () => socket.destroy())).on('error', () => {}))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return openDelivery({ gateways: takeTurns([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]), signingKey: KEY, timeoutMs: 300 })
  }
  afterEach(() => new Promise((resolve) => server.close(resolve)))

  it.each([['before an answer', ''], ['inside it', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'], ['with no HTTP at all', 'SSH-2.0\r\n\r\n']])('%s counts as absent', async (_, bytes) => {
    const delivery = await open(bytes)
    expect(await delivery.deliver('provision', head, body)).toMatchObject({ kind: 'absent' })
    delivery.close()
  })
})
