import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { logger } from '../../../../log.ts'
import type { HostCall, HostReply } from '../../../host.ts'
import { callReplica, type Outcome } from '../call.ts'
import { routingTable } from '../table.ts'
import { waitingRoom } from '../waiting-room.ts'

export const http = (listener: RequestListener): Server => createHttpServer({ keepAliveTimeout: 0 }, listener)
/** What is no proper HTTP server: `speak` is told of each connection's first bytes. */
export const raw = (speak: (socket: Socket) => void): Server =>
  createServer((socket) => {
    socket.on('error', () => {}) // the caller's to notice
    socket.once('data', () => speak(socket))
  })

/** Several replicas of the function `fn.test`: all listen on one port, as the functions of a Swarm do. */
export const startReplicas = async (servers: readonly Server[], patienceMs = 2_000) => {
  const addresses = servers.map((_, at) => `127.0.0.${at + 2}`)
  const port = await listen(servers, addresses)
  const table = routingTable(port)
  const room = waitingRoom(table, patienceMs)
  const outcomes: Outcome[] = []
  const show = (which: readonly number[]) =>
    table.apply(which.map((at) => ({ taskId: `t${at}`, functionId: 'fn.test', serviceId: 's1', slot: at, node: 'n1', address: addresses[at] ?? null, state: 'running', createdAt: '' })))
  show(servers.map((_, at) => at))
  const call = (more: Partial<HostCall> = {}): Promise<HostReply> => callReplica(
    'fn.test', { method: 'GET', path: '/', search: '', headers: {}, body: Buffer.alloc(0), signal: new AbortController().signal, ...more },
    { table, room, attempted: (_, outcome) => void outcomes.push(outcome), suspect: () => {}, log: logger('gateway', 'silent') },
  )
  onTestFinished(async () => {
    for (const { pool } of table.all()) pool.cut()
    await Promise.all(servers.map(stop))
  })
  return { call, table, room, outcomes, show, stop: (at: number) => (servers[at] ? stop(servers[at]) : undefined), listenAgain: async (at: number) => {
    const server = servers[at]
    if (server) await once(server.listen(port, addresses[at]), 'listening')
  } }
}

/** A port that is free at all of these addresses. */
const listen = async (servers: readonly Server[], addresses: readonly string[]): Promise<number> => {
  let port = 0
  for (const [at, server] of servers.entries()) {
    server.listen(port, addresses[at])
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  return port
}

const stop = async (server: Server): Promise<void> => {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  if ('closeAllConnections' in server) (server as unknown as { closeAllConnections(): void }).closeAllConnections()
  await closed
}

export const bodyOf = async ({ body }: HostReply): Promise<string> => {
  if (body instanceof Uint8Array) return Buffer.from(body).toString()
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
export const received = async (request: IncomingMessage): Promise<string> => (await buffer(request)).toString()
