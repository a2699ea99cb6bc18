import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { route, runtime, sendRaw, startSlot, startTestEdge, visit, type TestEdge, type TestSlot } from './testing.ts'

let on: TestEdge
let slot: TestSlot
let sequence = 0
const put = async (name: string, part: Parameters<typeof route>[2] = {}) => {
  await on.routes.put(route(name, ++sequence, part))
  await vi.waitFor(async () => expect(await runtime(on.config, `get map hosts.map ${name}.play.localhost`)).toContain('value='), { interval: 10 })
}
const codeOf = (body: string) => (JSON.parse(body) as { code: string }).code
const hitsOf = (name: string) => on.hits.filter(({ deploymentId }) => deploymentId === `d${name}`).length
/** As from another client: any address of 127.0.0.0/8 is one's own. */
const visitFrom = (localAddress: string, name: string) =>
  new Promise<string>((resolve, reject) => {
    request({ host: '127.0.0.1', port: on.config.HTTP_PORT, localAddress, headers: { host: `${name}.play.localhost` }, agent: false }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk)).on('end', () => resolve(`${answer.statusCode} ${answer.headers['retry-after']} ${codeOf(body)}`))
    }).on('error', reject).end()
  })

beforeAll(async () => {
  on = await startTestEdge({ WAKER_TIMEOUT_SECONDS: '1', WAKES_PER_OWNER: '3', WAKES_PER_ADDRESS: '4' })
  slot = await startSlot((request_, response) => {
    if (request_.url === '/stale') response.writeHead(421)
    response.end('ok')
  })
  await put('awake', { address: slot.address })
  await put('many-awake', { address: slot.address })
  await vi.waitFor(async () => expect(await runtime(on.config, 'get map slots.map dmany-awake-1')).toContain('value='), { interval: 10 })
  await vi.waitFor(async () => expect(await visit(on.config, 'awake.play.localhost')).toMatchObject({ status: 200 }), { interval: 10 })
  // under a lease: else everybody would be sent to the waker, without limits
  await vi.waitFor(async () => expect(await runtime(on.config, 'get map lease.map until')).not.toContain('value="0"'), { timeout: 10_000, interval: 20 })
})
afterAll(async () => {
  await on.stop()
  await slot.close()
})

describe('who wakes too many', () => {
  it('as an owner gets 429 that says which quota, and when to come again; one that runs is served all the same', async () => {
    for (const name of ['many-1', 'many-2', 'many-3', 'many-4']) await put(name)
    const replies = await Promise.all(['many-1', 'many-1', 'many-2', 'many-3'].map((name) => visitFrom('127.0.0.2', name)))
    expect(new Set(replies)).toEqual(new Set(['503 5 NOT_AWAKE_IN_TIME']))
    expect(await visitFrom('127.0.0.3', 'many-4')).toMatch(/^429 \d+ WAKE_QUOTA_OF_OWNER$/)
    expect(hitsOf('many-4')).toBe(0)
    expect(await visit(on.config, 'many-awake.play.localhost')).toMatchObject({ status: 200 })
  })

  it('as an address gets 429 from HAProxy for different sleeping ones only, and others do not', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `flood-${index}`)
    for (const name of names) await put(name)
    const again = await Promise.all([0, 0, 0, 0, 0, 0, 0].map((index) => visitFrom('127.0.0.9', names[index] ?? '')))
    expect(new Set(again)).toEqual(new Set(['503 5 NOT_AWAKE_IN_TIME']))
    const all: string[] = []
    for (const name of names) all.push(await visitFrom('127.0.0.9', name))
    expect(all).toEqual([...Array.from({ length: 4 }, () => '503 5 NOT_AWAKE_IN_TIME'), ...Array.from({ length: 2 }, () => '429 60 WAKE_QUOTA_OF_ADDRESS')])
    expect(hitsOf('flood-5')).toBe(0)
    expect(await visitFrom('127.0.0.10', 'flood-5')).toBe('503 5 NOT_AWAKE_IN_TIME')
  })

  it('as a crawler wakes nobody, and may read what runs', async () => {
    await put('quiet')
    for (const agent of ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'Some-Spider 1.0']) {
      const reply = await visit(on.config, 'quiet.play.localhost', { headers: { 'user-agent': agent } })
      expect(reply).toMatchObject({ status: 429, headers: { 'content-type': 'application/problem+json', 'retry-after': '3600' } })
      expect(codeOf(reply.body)).toBe('CRAWLER_WAKES_NOBODY')
      expect(await visit(on.config, 'awake.play.localhost', { headers: { 'user-agent': agent } })).toMatchObject({ status: 200 })
    }
    expect(hitsOf('quiet')).toBe(0)
  })

  it('reads in robots.txt not to come, without waking anybody', async () => {
    await put('robot')
    for (const name of ['robot', 'awake']) expect(await visit(on.config, `${name}.play.localhost`, { path: '/robots.txt' })).toMatchObject({ status: 200, body: 'User-agent: *\nDisallow: /\n' })
    expect(hitsOf('robot')).toBe(0)
  })
})

describe('a slot that says that it is another\'s', () => {
  it('is not heard by visitors: they are told to come again', async () => {
    const reply = await visit(on.config, 'awake.play.localhost', { path: '/stale' })
    expect(reply).toMatchObject({ status: 503, headers: { 'content-type': 'application/problem+json', 'retry-after': '5' } })
    expect(await sendRaw(on.config, 'GET /stale HTTP/1.0\r\nHost: awake.play.localhost\r\n\r\n')).toBe(503)
  })
})
