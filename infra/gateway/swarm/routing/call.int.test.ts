import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Upload } from '../../host.ts'
import { bodyOf, http, raw, received, startReplicas } from './testing/replicas.ts'

const upload = (chunks: readonly string[], length: number | null = null): Upload & { readonly isBegun: () => boolean } => {
  let begun = false
  return {
    head: Buffer.from(chunks[0] ?? ''), length, isBegun: () => begun,
    async *rest() {
      begun = true
      for (const chunk of chunks.slice(1)) yield Buffer.from(chunk)
    },
  }
}
const ok = (text: string) => 'HTTP/1.1 200 OK\r\nContent-Length: ' + text.length + '\r\n\r\n' + text

describe('a call and its answer', () => {
  test('method, path, query, headers and body arrive as they came; status, headers and body come back', async () => {
    const { call } = await startReplicas([http((request, response) => {
      void received(request).then((body) => {
        response.writeHead(418, { 'Set-Cookie': ['a=1', 'b=2'], 'X-Seen': `${request.method} ${request.url} ${request.headers.host} ${request.headers['x-call-id']}`, 'Keep-Alive': 'timeout=5' }).end(`got ${body}`)
      })
    })])
    const reply = await call({ method: 'PATCH', path: '/a%20b', search: 'x=1&y=%C3%A9', headers: { host: 'play.example.org', 'x-call-id': 'c1' }, body: Buffer.from('cargo') })
    expect([reply.status, reply.headers['set-cookie'], reply.headers['x-seen'], reply.headers['keep-alive']]).toEqual([418, ['a=1', 'b=2'], 'PATCH /a%20b?x=1&y=%C3%A9 play.example.org c1', undefined])
    expect(await bodyOf(reply)).toBe('got cargo')
  })

  test('HEAD has a length and no body; 204 has neither; both leave the connection to the next', async () => {
    let connections = 0
    const server = http((request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': '1234' }).end()
      else response.writeHead(204).end()
    })
    server.on('connection', () => (connections += 1))
    const { call, table } = await startReplicas([server])
    const head = await call({ method: 'HEAD' })
    expect([head.status, head.length, await bodyOf(head)]).toEqual([200, 1234, ''])
    await expect.poll(() => table.of('fn.test')[0]?.inFlight).toBe(0)
    const none = await call()
    expect([none.status, none.length, await bodyOf(none)]).toEqual([204, undefined, ''])
    expect(connections).toBe(1)
  })

  test('both bodies flow at the same time, in pieces as they come', async () => {
    const { call, table } = await startReplicas([http((request, response) => void request.pipe(response))])
    const gate = Promise.withResolvers<void>()
    const body: Upload = {
      head: Buffer.from('first '), length: null,
      async *rest() {
        await gate.promise // only when the first piece has come back
        yield Buffer.from('second')
      },
    }
    const reply = await call({ method: 'POST', body })
    const pieces: string[] = []
    for await (const piece of reply.body as AsyncIterable<Uint8Array>) {
      pieces.push(Buffer.from(piece).toString())
      gate.resolve()
    }
    expect(pieces).toEqual(['first ', 'second'])
    await expect.poll(() => table.of('fn.test')[0]?.inFlight).toBe(0)
  })

  test('a large body goes through a slow reader without being gathered', async () => {
    const MB = 1024 ** 2
    let taken = 0
    const { call } = await startReplicas([http((request, response) => {
      void (async () => {
        for await (const chunk of request as AsyncIterable<Buffer>) {
          taken += chunk.length
          await sleep(0)
        }
        response.end(String(taken))
      })()
    })])
    let ahead = 0
    let given = 0
    const body: Upload = {
      head: Buffer.alloc(MB), length: 65 * MB,
      async *rest() {
        for (let i = 0; i < 64; i += 1) {
          given += MB
          ahead = Math.max(ahead, given - taken)
          yield Buffer.alloc(MB)
        }
      },
    }
    expect(await bodyOf(await call({ method: 'PUT', body }))).toBe(String(65 * MB))
    expect(ahead).toBeLessThan(24 * MB) // what the kernel's buffers hold
  })

  test.each(['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'])('%j is no answer yet', async (early) => {
    const { call } = await startReplicas([raw((socket) => socket.write(early + ok('done')))])
    expect(await bodyOf(await call({ method: 'POST', body: Buffer.from('x') }))).toBe('done')
  })
})

describe('a replica that cannot be reached', () => {
  test('is passed over, whatever the call, and left alone for a moment', async () => {
    const { call, stop, outcomes, table } = await startReplicas([http((_, response) => response.end('a')), http((request, response) => void received(request).then((body) => response.end(`b ${body}`)))])
    await stop(0)
    for (let i = 0; i < 20; i += 1) expect(await bodyOf(await call({ method: 'POST', body: Buffer.from('x') }))).toBe('b x')
    expect(outcomes.filter((outcome) => outcome === 'refused').length).toBeLessThan(5)
    expect(outcomes.filter((outcome) => outcome === 'answered')).toHaveLength(20)
    expect(table.of('fn.test').map(({ refusals }) => refusals > 0)).toContain(true)
  })

  test('a body on its way is not begun for it', async () => {
    const { call, stop } = await startReplicas([http((_, response) => response.end()), http((request, response) => void received(request).then((body) => response.end(body)))])
    await stop(0)
    for (let i = 0; i < 5; i += 1) {
      const body = upload(['one ', 'two'])
      expect(await bodyOf(await call({ method: 'POST', body }))).toBe('one two')
      expect(body.isBegun()).toBe(true)
    }
  })

  test('holds the call until it listens, or until the time is up', async () => {
    const { call, stop, listenAgain, room } = await startReplicas([http((_, response) => response.end('awake'))], 3_000)
    await stop(0)
    const calls = Array.from({ length: 10 }, () => call({ method: 'POST' }))
    await expect.poll(room.size).toBeGreaterThan(8) // one tries, now and then
    await listenAgain(0)
    expect(await Promise.all((await Promise.all(calls)).map(bodyOf))).toEqual(Array.from({ length: 10 }, () => 'awake'))
    await stop(0)
    await expect(call()).rejects.toMatchObject({ code: 'FUNCTION_STARTING', status: 503, details: { retryAfterSeconds: 5 } })
  })

  test('one that appears takes who waits; a caller that goes away waits no more', async () => {
    const { call, show, room } = await startReplicas([http((_, response) => response.end('here'))], 30_000)
    show([])
    const gone = new AbortController()
    const leaving = call({ signal: gone.signal })
    const waiting = call()
    expect(room.size()).toBe(2)
    gone.abort(new Error('the caller went away'))
    await expect(leaving).rejects.toThrow('the caller went away')
    show([0])
    expect(await bodyOf(await waiting)).toBe('here')
    expect(room.size()).toBe(0)
  })

  test('more than a thousand do not wait', async () => {
    const { call, show } = await startReplicas([http((_, response) => response.end())], 30_000)
    show([])
    const ending = new AbortController()
    const waiting = Promise.allSettled(Array.from({ length: 1_000 }, () => call({ signal: ending.signal })))
    await expect(call()).rejects.toMatchObject({ code: 'FUNCTION_CROWDED', status: 503 })
    ending.abort(new Error('enough'))
    expect((await waiting).every(({ status }) => status === 'rejected')).toBe(true)
  })
})

describe('a replica that breaks off', () => {
  const dying = () => {
    const seen: string[] = []
    const server = http((request) => {
      seen.push(request.method ?? '')
      request.socket.destroy()
    })
    return { server, seen }
  }

  test('before it answers: what is safe is asked elsewhere, what is not is told', async () => {
    const { server, seen } = dying()
    const { call, show } = await startReplicas([server, http((_, response) => response.end('alive'))])
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) expect((await call({ method })).status).toBe(200)
    seen.length = 0
    show([0])
    await expect(call({ method: 'POST', body: Buffer.from('x') })).rejects.toMatchObject({ code: 'FUNCTION_BROKE_OFF', status: 502 })
    expect(seen).toEqual(['POST'])
    await expect(call({ method: 'PUT', body: upload(['a', 'b']) })).rejects.toMatchObject({ code: 'FUNCTION_BROKE_OFF' })
    expect(seen).toEqual(['POST', 'PUT'])
    await expect(call()).rejects.toMatchObject({ code: 'FUNCTION_BROKE_OFF' })
    expect(seen).toEqual(['POST', 'PUT', 'GET', 'GET', 'GET'])
  })

  test('in the middle of its answer: nobody takes the part for the whole', async () => {
    const { call, table } = await startReplicas([raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart')
      setTimeout(() => socket.destroy(), 20)
    })])
    const reply = await call()
    expect(reply.length).toBe(100)
    await expect(bodyOf(reply)).rejects.toThrow('aborted')
    await expect.poll(() => table.of('fn.test')[0]?.inFlight).toBe(0)
  })

  test.each([['in the middle of its head', 'HTTP/1.1 200 OK\r\nContent-'], ['with what is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n']])('%s: asked once', async (_, answer) => {
    let count = 0
    const { call } = await startReplicas([raw((socket) => {
      count += 1
      socket.end(answer)
    })])
    await expect(call()).rejects.toMatchObject({ code: 'FUNCTION_BROKE_OFF' })
    expect(count).toBe(1)
  })

  test('an answer that is no answer is the function\'s fault', async () => {
    const { call, table } = await startReplicas([raw((socket) => socket.write('HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n'))])
    await expect(call()).rejects.toMatchObject({ code: 'FUNCTION_FAILED' })
    await expect.poll(() => table.of('fn.test')[0]?.inFlight).toBe(0)
  })
})

describe('connections that are kept', () => {
  test('one that the function closes when it was idle for a while breaks no POST', async () => {
    const { call, outcomes } = await startReplicas([raw((socket) => {
      socket.write(ok('one')) // says nothing of closing
      setTimeout(() => socket.destroy(), 200)
    })])
    for (let i = 0; i < 12; i += 1) {
      expect(await bodyOf(await call({ method: 'POST', body: Buffer.from('x') }))).toBe('one')
      await sleep(195 + i) // around the moment at which it closes
    }
    expect(outcomes).toEqual(Array.from({ length: 12 }, () => 'answered'))
  })

  test('calls in a row share one, calls at a time have one each, and what is idle goes', async () => {
    let connections = 0
    const server = http((_, response) => void response.end('x'))
    server.on('connection', () => (connections += 1))
    const { call } = await startReplicas([server])
    for (let i = 0; i < 10; i += 1) await bodyOf(await call({ method: 'POST' }))
    expect(connections).toBe(1)
    await Promise.all(Array.from({ length: 5 }, async () => bodyOf(await call())))
    expect(connections).toBe(5)
    await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count))), { timeout: 30_000 }).toBe(0)
  })

  test('a replica that is to end keeps its calls and loses its idle connections', async () => {
    const gate = Promise.withResolvers<void>()
    const server = http((request, response) => void (request.url === '/slow' ? gate.promise.then(() => response.end('late')) : response.end('soon')))
    const { call, show } = await startReplicas([server])
    await Promise.all([1, 2, 3].map(async () => bodyOf(await call())))
    const slow = call({ path: '/slow' })
    await once(server, 'request')
    show([])
    await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(1)
    gate.resolve()
    expect(await bodyOf(await slow)).toBe('late')
    await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0)
  })
})

describe('one who does not wait', () => {
  test('ends the call at the function, before and in the middle of the answer', async () => {
    let [came, closed] = [0, 0]
    const { call, table } = await startReplicas([http((request, response) => {
      came += 1
      response.once('close', () => (closed += 1))
      if (request.url === '/begun') response.write('begun')
    })])
    for (const path of ['/hangs', '/begun']) {
      const gone = new AbortController()
      const asked = call({ path, signal: gone.signal })
      if (path === '/begun') {
        const reply = await asked
        gone.abort(new Error('the time is up'))
        await expect(bodyOf(reply)).rejects.toThrow('the time is up')
      } else {
        await expect.poll(() => came).toBe(1)
        gone.abort(new Error('the time is up'))
        await expect(asked).rejects.toThrow('the time is up')
      }
    }
    await expect.poll(() => closed).toBe(2)
    await expect.poll(() => table.of('fn.test')[0]?.inFlight).toBe(0)
  })

  test('a function that answers before it has read everything is heard, and the rest is not sent', async () => {
    const { call } = await startReplicas([http((_, response) => response.writeHead(413, { connection: 'close' }).end('too large'))])
    let sent = 0
    const body: Upload = {
      head: Buffer.alloc(1_024), length: null,
      async *rest() {
        for (; sent < 10_000; sent += 1) {
          await sleep(1)
          yield Buffer.alloc(1_024)
        }
      },
    }
    const reply = await call({ method: 'POST', body })
    expect([reply.status, await bodyOf(reply)]).toEqual([413, 'too large'])
    const before = sent
    await sleep(100)
    expect(sent - before).toBeLessThan(10)
  })

  test('what ends a body ends the call', async () => {
    const { call, table } = await startReplicas([http(() => {})])
    const body: Upload = {
      head: Buffer.from('x'), length: null,
      rest: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('larger than the limit')) }) }),
    }
    await expect(call({ method: 'POST', body })).rejects.toThrow('larger than the limit')
    await expect.poll(() => table.of('fn.test')[0]?.inFlight).toBe(0)
  })
})

test('three replicas share calls that take their time', async () => {
  const counts = [0, 0, 0]
  const { call } = await startReplicas(counts.map((_, at) => http((__, response) => {
    counts[at] = (counts[at] ?? 0) + 1
    setTimeout(() => response.end(), 30)
  })))
  await Promise.all(Array.from({ length: 60 }, async () => bodyOf(await call())))
  expect(counts).toEqual([20, 20, 20])
})
