import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { toProblem, type CatalogueError } from '../../events/errors.ts'

export type FrontHandlers = {
  /** null lets a request in; an error is its answer. Asked at its begin, and again before its answer leaves. */
  admit(request: IncomingMessage): CatalogueError | null
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>
  /** Without it an upgrade is an ordinary request. */
  readonly upgrade?: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined
}

/** The slot's HTTP listener. */
export type Front = {
  readonly port: number
  /** Requests and upgraded connections that have not ended. */
  inFlight(): number
  /** Reads nothing more: what comes stays in the kernel's queues, where the agent sees it, and is answered after `hear`. */
  hush(): void
  hear(): void
  close(): void
}

/** Listens on a free port of `host`. */
export const openFront = async (host: string, { admit, handle, upgrade }: FrontHandlers): Promise<Front> => {
  const connections = new Set<Socket>()
  let inFlight = 0
  let hushed = false

  const counted = (stream: { once(event: 'close', then: () => void): unknown }) => {
    inFlight += 1
    stream.once('close', () => (inFlight -= 1))
  }
  // Never ends a connection by time: it would end idle ones the edge is about to use, all at once after a freeze.
  const server = createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0, noDelay: true })
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    counted(response)
    const refused = admit(request)
    if (refused) return refuse(refused, response)
    guardAnswer(request, response, admit)
    void answer(request, response)
  }
  server.on('request', serve)
  server.on('checkExpectation', serve) // one that nobody knows may be passed over (RFC 9110, section 10.1.1)
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      await handle(request, response)
    } catch (error) {
      process.stderr.write(`${JSON.stringify({ level: 50, part: 'slot', reason: String(error), msg: 'the application failed' })}\n`)
      if (response.headersSent) response.destroy()
      else sendProblem(500, toProblem(error), response)
    }
  }
  if (upgrade) {
    server.on('upgrade', (request, socket, head) => {
      counted(socket)
      socket.on('error', () => socket.destroy())
      const refused = admit(request)
      if (!refused) return upgrade(request, socket, head)
      socket.end(`HTTP/1.1 ${refused.status} ${refused.code}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    })
  }
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    // node:http begins to read at the end of this turn of the event loop; before the next one nothing is read
    process.nextTick(() => hushed && socket.pause())
  })
  server.listen(0, host)
  await once(server, 'listening')
  const hush = (on: boolean) => {
    hushed = on
    for (const socket of connections) {
      if (on) socket.pause()
      else socket.resume()
    }
  }
  return {
    port: (server.address() as AddressInfo).port,
    inFlight: () => inFlight,
    hush: () => hush(true),
    hear: () => hush(false),
    close: () => void server.close(),
  }
}

/**
 * The lease may end, or the record be lost, while a request is worked on (a process can be stopped for any time): then a later
 * claim may be serving already, and no answer is better than an old one. That the application itself found out may be said.
 */
const guardAnswer = (request: IncomingMessage, response: ServerResponse, admit: FrontHandlers['admit']): void => {
  const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse
  response.writeHead = (...head: unknown[]) => {
    if (Number(head[0]) < 500 && admit(request)) response.destroy()
    return writeHead(...head)
  }
}

const refuse = (error: CatalogueError, response: ServerResponse): void => {
  // the edge must not keep a connection to a slot that is not the one it meant
  response.setHeader('connection', 'close')
  if (error.status === 503) response.setHeader('retry-after', '1')
  sendProblem(error.status, toProblem(error), response)
}

const sendProblem = (status: number, problem: object, response: ServerResponse): void => {
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))
}
