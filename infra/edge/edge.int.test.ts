import { createHash, randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { claimHeader } from '../claim-secret.ts'
import { route, runtime, SIGNING_KEY, startSlot, startTestEdge, visit, type TestEdge, type TestSlot } from './testing.ts'

let on: TestEdge
const slots: TestSlot[] = []
let sequence = 0
let names = 0

beforeAll(async () => {
  on = await startTestEdge({ WAKER_TIMEOUT_SECONDS: '2', WAKER_QUEUE: '400' })
})
afterAll(() => on.stop())
afterEach(async () => {
  await Promise.all(slots.splice(0).map((slot) => slot.close()))
})

const slot = async (...given: Parameters<typeof startSlot>): Promise<TestSlot> => {
  const made = await startSlot(...given)
  slots.push(made)
  return made
}
const newName = () => `site-${++names}`
const hostOf = (name: string) => `${name}.play.localhost`
const put = (name: string, part: Parameters<typeof route>[2] = {}) => on.routes.put(route(name, ++sequence, part))
/** Resolves when HAProxy knows the host, without waking anybody. */
const known = (name: string) => vi.waitFor(async () => expect(await runtime(on.config, `get map hosts.map ${hostOf(name)}`)).toContain('value='), { interval: 10 })
const routed = async (name: string, address: string) => {
  await put(name, { address })
  await vi.waitFor(async () => expect(await runtime(on.config, `get map slots.map d${name}-1`)).toContain('value='), { interval: 10 })
  await known(name)
}
const ok = (text = 'ok') => (_: unknown, response: { end(text: string): void }) => response.end(text)
const hitsOf = (name: string) => on.hits.filter(({ deploymentId }) => deploymentId === `d${name}`)

describe('a routed deployment', () => {
  it('is answered by its slot, under its claim header and forwarding headers that nobody can forge', async () => {
    const one = await slot(ok('hello'))
    const name = newName()
    await routed(name, one.address)
    const reply = await visit(on.config, `${hostOf(name).toUpperCase()}.:1234`, {
      headers: {
        'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'gopher', 'x-forwarded-server': 'evil', 'forwarded': 'for=6.6.6.6', 'x-real-ip': '6.6.6.6',
        'ce-type': 'InstanceLost', 'x-playground-claim': 'mine', 'x-playground-signature': 't=1', 'x-call-id': '1', 'x-own': 'kept',
      },
    })
    expect(reply).toMatchObject({ status: 200, body: 'hello' })
    const { headers } = one.seen.at(-1) ?? { headers: {} }
    expect(headers).toMatchObject({
      'x-playground-claim': claimHeader(SIGNING_KEY, `d${name}-1`), 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http',
      'x-forwarded-host': hostOf(name), 'x-forwarded-port': String(on.config.HTTP_PORT), 'x-own': 'kept',
    })
    for (const forged of ['forwarded', 'x-real-ip', 'x-forwarded-server', 'ce-type', 'x-playground-signature', 'x-call-id']) expect(headers).not.toHaveProperty(forged)
    expect(hitsOf(name)).toEqual([])
  })

  it('takes uploads, streams and WebSockets', async () => {
    const one = await slot(uploadsAndStreams)
    const name = newName()
    await routed(name, one.address)
    await takesAll(name)
    expect(hitsOf(name)).toEqual([])
  })

  it('follows its route to another claim at another address', async () => {
    const [first, second] = [await slot(ok('first')), await slot(ok('second'))]
    const name = newName()
    await routed(name, first.address)
    await put(name, { address: second.address, claimId: `d${name}-7` })
    await vi.waitFor(async () => expect((await visit(on.config, hostOf(name))).body).toBe('second'), { interval: 10 })
    expect(second.seen.at(-1)?.headers['x-playground-claim']).toBe(claimHeader(SIGNING_KEY, `d${name}-7`))
  })

  it('whose slot refuses is woken: the request waits and is answered, POST included', async () => {
    const dead = await slot(ok())
    const name = newName()
    await routed(name, dead.address)
    await dead.close()
    const reply = visit(on.config, hostOf(name), { method: 'POST', body: 'payload' })
    await vi.waitFor(() => expect(hitsOf(name).length).toBeGreaterThan(0), { interval: 5 })
    const next = await slot((request, response) => void request.pipe(response))
    await put(name, { address: next.address, claimId: `d${name}-9` })
    expect(await reply).toMatchObject({ status: 200, body: 'payload' })
  })

  it('whose slot listens again at the same address is reached without a new route', async () => {
    const dead = await slot(ok())
    const name = newName()
    await routed(name, dead.address)
    await dead.close()
    const reply = visit(on.config, hostOf(name))
    await sleep(100)
    await slot(ok('back'), Number(dead.address.split(':')[1]))
    expect(await reply).toMatchObject({ status: 200, body: 'back' })
  })
})

describe('a sleeping deployment', () => {
  it('gets one hit for a hundred requests at once, and all are answered when it is routed', async () => {
    const one = await slot(ok('awake'))
    const name = newName()
    await put(name)
    await known(name)
    const before = new Date().toISOString()
    const replies = Promise.all(Array.from({ length: 100 }, () => visit(on.config, hostOf(name))))
    await vi.waitFor(() => expect(hitsOf(name)).toHaveLength(1), { interval: 5 })
    expect(hitsOf(name)[0]).toMatchObject({ deploymentId: `d${name}`, claimId: `d${name}-1` })
    expect(hitsOf(name)[0]?.since.localeCompare(before)).toBeGreaterThanOrEqual(0)
    await sleep(100) // all have come by now
    await put(name, { address: one.address })
    expect(new Set((await replies).map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['200 awake']))
    expect(hitsOf(name)).toHaveLength(1)
    expect(one.seen[0]?.headers).toMatchObject({ 'x-playground-claim': claimHeader(SIGNING_KEY, `d${name}-1`), 'x-forwarded-host': hostOf(name) })
    expect(one.seen[0]?.headers).not.toHaveProperty('x-playground-entry')
  })

  it('takes uploads, streams and WebSockets through the waker', async () => {
    const one = await slot(uploadsAndStreams)
    const name = newName()
    await put(name)
    await known(name)
    const all = takesAll(name)
    await vi.waitFor(() => expect(hitsOf(name).length).toBeGreaterThan(0), { interval: 5 })
    await sleep(100)
    await put(name, { address: one.address })
    await all
    expect(one.seen.some(({ url }) => url === '/upload')).toBe(true)
  })

  it('whose route was stale, so that another claim\'s slot says 421, is asked for again; what has a body is sent away', async () => {
    const [other, own] = [await slot((_, response) => void response.writeHead(421).end('not mine')), await slot(uploadsAndStreams)]
    const name = newName()
    await put(name)
    await known(name)
    const [plain, echoed] = [visit(on.config, hostOf(name)), echo(name, 'ping')]
    const upload = visit(on.config, hostOf(name), { method: 'POST', path: '/upload', body: 'mine', headers: { 'content-length': '4' } })
    await vi.waitFor(() => expect(hitsOf(name)).toHaveLength(1), { interval: 5 })
    await sleep(100) // all have come by now
    const before = hitsOf(name).length
    await put(name, { address: other.address })
    expect(await upload).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } })
    await vi.waitFor(() => expect(hitsOf(name).length).toBeGreaterThan(before), { interval: 5 })
    await put(name, { claimId: `d${name}-2`, address: own.address })
    expect(await plain).toMatchObject({ status: 200, body: 'ok' })
    expect(await echoed).toBe('ping')
  })

  it('gets trailers and early hints through the waker', async () => {
    const one = await slot((incoming, response) => void incoming.resume().once('end', () => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      response.writeHead(200, { trailer: 'x-sum' }).write('body')
      response.addTrailers({ 'x-sum': String(incoming.trailers['x-sent']) })
      response.end()
    }))
    const visitAsleep = async () => {
      const name = newName()
      await put(name)
      await known(name)
      const answered = new Promise<{ readonly hint: unknown; readonly sum: unknown }>((resolve, reject) => {
        let hint: unknown
        const sent = request({ host: '127.0.0.1', port: on.config.HTTP_PORT, method: 'POST', headers: { host: hostOf(name), trailer: 'x-sent', 'transfer-encoding': 'chunked' }, agent: false }, (answer) => {
          answer.resume().once('end', () => resolve({ hint, sum: answer.trailers['x-sum'] }))
        }).on('information', ({ statusCode, headers }) => (hint = [statusCode, headers['link']])).on('error', reject)
        sent.write('body')
        sent.addTrailers({ 'x-sent': '42' })
        sent.end()
      })
      await vi.waitFor(() => expect(hitsOf(name)).toHaveLength(1), { interval: 5 })
      await put(name, { address: one.address })
      return await answered
    }
    // HAProxy 2.6 drops the trailers of an answer now and then, as an intermediary may (RFC 9110, section 6.5.1): the waker never does
    const answers = [await visitAsleep()]
    while (answers.length < 8 && answers.at(-1)?.sum === undefined) answers.push(await visitAsleep())
    expect(answers.at(-1)).toEqual({ hint: [103, '</style.css>; rel=preload'], sum: '42' })
  })

  it('is asked for again while visitors wait, and they are sent away in time', async () => {
    const name = newName()
    await put(name)
    await known(name)
    const started = performance.now()
    const reply = await visit(on.config, hostOf(name))
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': '5', 'content-type': 'application/problem+json' } })
    expect(JSON.parse(reply.body)).toMatchObject({ code: 'NOT_AWAKE_IN_TIME', status: 503 })
    expect(hitsOf(name).length).toBeGreaterThan(2)
  })

  it('holds no more visitors than may wait', async () => {
    const name = newName()
    await put(name)
    await known(name)
    const replies = await Promise.all(Array.from({ length: 210 }, () => visit(on.config, hostOf(name))))
    const codes = replies.map(({ body }) => (JSON.parse(body) as { code: string }).code)
    expect(codes.filter((code) => code === 'NOT_AWAKE_IN_TIME')).toHaveLength(200)
    expect(codes.filter((code) => code === 'TOO_MANY_WAIT')).toHaveLength(10)
  })

  it('that is stopped, fails or is deleted while visitors wait tells them at once', async () => {
    for (const [state, status] of [['stopped', 503], ['failed', 503], ['deleted', 410]] as const) {
      const name = newName()
      await put(name)
      await known(name)
      const reply = visit(on.config, hostOf(name))
      await vi.waitFor(() => expect(hitsOf(name)).toHaveLength(1), { interval: 5 })
      await put(name, { state, reason: 'maintenance' })
      expect(await reply).toMatchObject({ status, body: expect.stringContaining(state === 'deleted' ? 'deleted' : 'maintenance') })
    }
  })

  it('is not asked for any more when its only visitor went away', async () => {
    const name = newName()
    await put(name)
    await known(name)
    const agent = new Agent()
    const gone = visit(on.config, hostOf(name), { agent }).catch(() => 'gone')
    await vi.waitFor(() => expect(hitsOf(name)).toHaveLength(1), { interval: 5 })
    agent.destroy()
    expect(await gone).toBe('gone')
    await sleep(600)
    expect(hitsOf(name)).toHaveLength(1)
  })
})

const uploadsAndStreams: Parameters<typeof startSlot>[0] = (request, response) => {
  if (request.url === '/upload') {
    const hash = createHash('sha256')
    request.on('data', (chunk: Buffer) => hash.update(chunk)).on('end', () => response.end(hash.digest('hex')))
  } else if (request.url === '/stream') {
    response.write('first\n')
    request.once('data', () => response.end('second\n'))
  } else response.end('ok')
}

const takesAll = async (name: string): Promise<void> => {
  const body = randomBytes(5 * 1024 * 1024)
  const [sized, chunked, stream, echoed] = await Promise.all([
    visit(on.config, hostOf(name), { method: 'POST', path: '/upload', body, headers: { 'content-length': String(body.length) } }),
    visit(on.config, hostOf(name), { method: 'PUT', path: '/upload', body, headers: { expect: '100-continue', 'transfer-encoding': 'chunked' } }),
    streamed(name),
    echo(name, 'ping'),
  ])
  const digest = createHash('sha256').update(body).digest('hex')
  expect([sized.body, chunked.body, stream, echoed]).toEqual([digest, digest, 'first\nsecond\n', 'ping'])
}

/** Sends the second half of its body only when the first part of the answer is there: neither way is held back. */
const streamed = (name: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: on.config.HTTP_PORT, path: '/stream', method: 'POST', headers: { host: hostOf(name) }, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (text === 'first\n') sent.end('now')
      }).on('end', () => resolve(text))
    }).on('error', reject)
    sent.flushHeaders()
  })

const echo = (name: string, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${on.config.HTTP_PORT}/socket`, { headers: { host: hostOf(name) } })
    socket.on('open', () => socket.send(text)).on('error', reject).on('message', (data) => {
      socket.close()
      resolve((data as Buffer).toString())
    })
  })
