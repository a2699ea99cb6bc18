import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcp, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { parseAllow } from './allow.ts'
import { openOutbound, type OutboundOptions } from './client.ts'
import { inWords, isDelivered, type Outbound } from './port.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const listen = async (server: Server | ReturnType<typeof createTcp>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => void server.close())
  return (server.address() as AddressInfo).port
}
const serve = async (handler: RequestListener): Promise<number> => {
  const server = createServer(handler)
  closers.push(() => server.closeAllConnections())
  return await listen(server)
}
/** Answers with raw bytes, connection by connection. */
const speak = (talk: (socket: Socket) => void): Promise<number> =>
  listen(createTcp((socket) => {
    closers.push(() => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.once('data', () => talk(socket))
  }))
const client = (allow: string, options: Partial<OutboundOptions> = {}): Outbound => {
  const outbound = openOutbound({ allow: parseAllow(allow), ownHosts: [], ...options })
  closers.push(() => outbound.close())
  return outbound
}
const post = (outbound: Outbound, url: string) => outbound.send({ url, headers: { 'content-type': 'text/plain' }, body: Buffer.from('hello') })

describe('the guarded client', () => {
  it('posts and tells the status, over one connection as long as it can', async () => {
    const bodies: string[] = []
    const sockets = new Set<Socket>()
    const port = await serve((request, response) => {
      sockets.add(request.socket)
      request.on('data', (chunk: Buffer) => bodies.push(`${request.method} ${request.url} ${request.headers.host} ${chunk.toString()}`))
      request.on('end', () => response.writeHead(201, { 'retry-after': '7' }).end('thanks'))
    })
    const outbound = client('127.0.0.1/32')
    for (let i = 0; i < 3; i++) expect(await post(outbound, `http://127.0.0.1:${port}/a?b=c`)).toMatchObject({ kind: 'answered', status: 201, retryAfter: '7' })
    expect(bodies).toEqual(Array.from({ length: 3 }, () => `POST /a?b=c 127.0.0.1:${port} hello`))
    expect(sockets.size).toBe(1)
  })

  it('refuses what is not allowed before anything is sent, and says why at registration too', async () => {
    let calls = 0
    const port = await serve((_, response) => void (calls++, response.end()))
    const outbound = client('')
    for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', 'localhost', 'localhost.']) {
      expect(await post(outbound, `http://${host}:${port}/`)).toMatchObject({ kind: 'refused' })
      expect(await outbound.refusal(`http://${host}:${port}/`)).toMatch(/not a public/)
    }
    expect(calls).toBe(0)
  })

  it('judges a name by every address it has in the moment of connecting: one that changes its mind gains nothing', async () => {
    let calls = 0
    const port = await serve((_, response) => void (calls++, response.end()))
    const answers = [['93.184.216.34'], ['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::ffff:127.0.0.1'], ['93.184.216.34', 'fe80::1%lo'], ['0x7f000001']]
    const outbound = client(`:${port}`, { resolve: () => Promise.resolve(answers.shift() ?? []) })
    const url = `http://rebinding.example:${port}/`
    expect(await outbound.refusal(url)).toBeNull()
    while (answers.length > 0) expect(await post(outbound, url)).toMatchObject({ kind: 'refused' })
    expect(await post(outbound, url)).toMatchObject({ kind: 'unreachable', reason: 'rebinding.example has no address' })
    expect(calls).toBe(0)
  })

  it('gives the body of an answer to whoever wants it, whole and up to a limit', async () => {
    const port = await serve((request, response) => void response.end(request.url === '/large' ? 'x'.repeat(101) : 'kept'))
    const outbound = client('*.play.localhost', { maxBodyBytes: 100 })
    const get = (path: string) => outbound.send({ url: `http://a.play.localhost:${port}${path}`, method: 'GET', headers: {}, body: Buffer.alloc(0), wantsBody: true })
    expect(await get('/small')).toMatchObject({ kind: 'answered', status: 200, body: Buffer.from('kept') })
    expect(await get('/large')).toMatchObject({ kind: 'unreachable', reason: 'its answer is larger than 100 bytes' })
  })

  it('connects to the address that was judged, with the name in the Host header', async () => {
    let host: string | undefined
    const port = await serve((request, response) => void ((host = request.headers.host), response.writeHead(204).end()))
    const outbound = client('127.0.0.1/32', { resolve: () => Promise.resolve(['127.0.0.1']) })
    expect(isDelivered(await post(outbound, `http://hooks.example:${port}/`))).toBe(true)
    expect(host).toBe(`hooks.example:${port}`)
  })

  it('writes the headers of the connection itself', async () => {
    let seen: Record<string, unknown> = {}
    const port = await serve((request, response) => void ((seen = request.headers), request.resume().on('end', () => response.end())))
    const headers = { 'Transfer-Encoding': 'chunked', 'content-length': '1', Host: 'inner.example', connection: 'upgrade', upgrade: 'websocket', expect: '100-continue', 'Proxy-Authorization': 'Basic eA==', 'x-kept': 'yes' }
    expect(await client('127.0.0.1/32').send({ url: `http://127.0.0.1:${port}/`, headers, body: Buffer.from('hello') })).toMatchObject({ status: 200 })
    expect(seen).toEqual({ host: `127.0.0.1:${port}`, 'content-length': '5', connection: 'keep-alive', 'x-kept': 'yes' })
  })

  it('follows no redirect', async () => {
    let inner = 0
    const secret = await serve((_, response) => void (inner++, response.end('secret')))
    const port = await serve((_, response) => void response.writeHead(307, { location: `http://127.0.0.1:${secret}/` }).end())
    const outcome = await post(client(`127.0.0.1:${port}`), `http://127.0.0.1:${port}/`)
    expect([isDelivered(outcome), inWords(outcome), inner]).toEqual([false, 'answered 307: a redirect, and those are never followed', 0])
  })

  it('says that nobody listens, that the name is unknown, that the connection broke', async () => {
    const port = await speak((socket) => socket.destroy())
    const outbound = client('127.0.0.1/32,none.invalid')
    expect(await post(outbound, `http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'unreachable' })
    expect(await post(outbound, 'http://127.0.0.1:1/')).toMatchObject({ kind: 'unreachable', reason: expect.stringContaining('ECONNREFUSED') as unknown })
    expect(await post(outbound, 'http://none.invalid/')).toMatchObject({ kind: 'unreachable' })
    expect(await post(outbound, `https://127.0.0.1:${port}/`)).toMatchObject({ kind: 'unreachable' })
  })

  it.each<[string, (socket: Socket) => void]>([
    ['nothing', () => {}],
    ['a header, drop by drop', (socket) => (socket.write('HTTP/1.1 200 OK\r\nx: '), drip(socket))],
    ['interim answers only', (socket) => drip(socket, 'HTTP/1.1 102 Processing\r\n\r\n')],
  ])('gives up on who answers %s', async (_, talk) => {
    const port = await speak(talk)
    expect(await post(client('127.0.0.1/32', { totalMs: 300 }), `http://127.0.0.1:${port}/`)).toEqual({ kind: 'silent', seconds: 0.3 })
  })

  it('gives up on who accepts and does not shake hands', async () => {
    const port = await speak(() => {})
    expect(await post(client('127.0.0.1/32', { connectMs: 200 }), `https://127.0.0.1:${port}/`)).toMatchObject({ kind: 'unreachable', reason: 'no connection within 0.2 seconds' })
  })

  it.each<[string, (socket: Socket) => void, Partial<OutboundOptions>]>([
    ['without end', (socket) => drip(socket, 'x'.repeat(65_536)), {}],
    ['drop by drop', drip, { totalMs: 300 }],
  ])('takes the status and cuts a body %s', async (_, talk, options) => {
    const cut = Promise.withResolvers<void>()
    const port = await speak((socket) => {
      socket.once('close', () => cut.resolve())
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n')
      talk(socket)
    })
    expect(await post(client('127.0.0.1/32', options), `http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'answered', status: 200 })
    await cut.promise
  })

  it('does not choke on headers without end, no HTTP at all, or a header that cannot be written', async () => {
    const port = await speak((socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`))
    const other = await speak((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
    const outbound = client('127.0.0.1/32')
    expect(await post(outbound, `http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'unreachable' })
    expect(await post(outbound, `http://127.0.0.1:${other}/`)).toMatchObject({ kind: 'unreachable' })
    expect(await outbound.send({ url: `http://127.0.0.1:${port}/`, headers: { x: 'a\r\nb' }, body: Buffer.from('') })).toMatchObject({ kind: 'unreachable' })
  })
})

/** A bit at a time until the other side hangs up. */
const drip = (socket: Socket, text = 'x'): void => {
  const timer = setInterval(() => socket.write(text), 20)
  socket.once('close', () => clearInterval(timer))
}
