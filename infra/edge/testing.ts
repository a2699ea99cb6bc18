import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request, type Agent, type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTcp } from 'node:net'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { WebSocketServer } from 'ws'
import { readConfig, type Config } from '../config.ts'
import { memoryHits } from '../hits/memory.ts'
import type { Hit } from '../hits/port.ts'
import { binary } from '../local/binaries.ts'
import { descendants, isAlive, look } from '../local/processes.ts'
import { kill } from '../local/reap.ts'
import { logger } from '../log.ts'
import { natsRoutes } from '../routes/nats.ts'
import type { Route, Routes } from '../routes/port.ts'
import { end, freePort, listening, startNats, type NatsServer } from '../testing/servers.ts'
import { askHaproxy } from './ask.ts'
import { startEdge, type Edge } from './edge.ts'
import { haproxyArguments, prepareHaproxy } from './haproxy.ts'
import { reloadHaproxy } from './reload.ts'

export const SIGNING_KEY = 'test-signing-key'

/** HAProxy, broker and edge, all real; slots are small servers of the test. */
export type TestEdge = {
  readonly config: Config
  readonly nats: NatsServer
  readonly connection: NatsConnection
  readonly routes: Routes
  /** Every hit that was published, in order. */
  readonly hits: readonly Hit[]
  readonly edge: Edge
  /** Of the process that serves, which is not the one that was started. */
  haproxyPid(): Promise<number>
  restartHaproxy(): Promise<void>
  killHaproxy(): Promise<void>
  /** Rejects when it is not taken. */
  reload(changed: Partial<Config>): Promise<boolean>
  stop(): Promise<void>
}

const startHaproxy = async (config: Config) => {
  const child = spawn(binary('haproxy'), haproxyArguments(config), { stdio: 'ignore' })
  await listening(config.HTTP_PORT)
  return child
}

/** With its workers: one that a reload found before it could take signals lies stopped, and would outlive its master. */
export const endHaproxy = async (master: ChildProcess, by: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
  const workers = descendants([look(master.pid ?? 0)].filter((seen) => seen !== null))
  await end(master, by)
  await kill(workers.filter(isAlive))
}

/** `beside`: another edge whose broker it shares. */
export const startTestEdge = async (environment: Readonly<Record<string, string>> = {}, beside?: TestEdge): Promise<TestEdge> => {
  const nats = beside?.nats ?? (await startNats({ syncAlways: false }))
  const folder = mkdtempSync(join(tmpdir(), 'orp edge-'))
  const [http, waker, gateway] = await Promise.all([freePort(), freePort(), freePort()])
  const config = readConfig({
    DATA_DIR: folder, EDGE_SOCKET: join(folder, 'haproxy.sock'), NATS_URL: nats.url, HTTP_PORT: String(http), WAKER_PORT: String(waker),
    GATEWAY_PORT: String(gateway), ...environment,
  })
  prepareHaproxy(config)
  let haproxy = await startHaproxy(config)
  const connection = await connect({ servers: nats.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 })
  const hits: Hit[] = []
  const memory = memoryHits()
  const edge = await startEdge({
    config, connection, signingKey: SIGNING_KEY, log: logger('edge', process.env['LOG_LEVEL'] ?? 'silent'),
    ownerOf: (deploymentId) => (deploymentId.startsWith('dmany') ? 'many' : null),
    hits: { publish: async (hit) => (hits.push(hit), memory.publish(hit)) },
  })
  edge.caughtUp()
  return {
    config, nats, connection, hits, edge, routes: natsRoutes(connection),
    haproxyPid: async () => Number(/^Pid: (\d+)$/m.exec(await runtime(config, 'show info'))?.[1]),
    killHaproxy: () => endHaproxy(haproxy, 'SIGKILL'),
    restartHaproxy: async () => {
      await endHaproxy(haproxy, 'SIGKILL')
      haproxy = await startHaproxy(config)
    },
    reload: (changed) => reloadHaproxy({ ...config, ...changed }),
    stop: async () => {
      await edge.close()
      await connection.close()
      await endHaproxy(haproxy)
      if (!beside) await nats.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type TestSlot = { readonly address: string; readonly seen: readonly IncomingMessage[]; close(): Promise<void> }

/** A slot: answers as told, echoes WebSocket messages, never ends idle connections by itself. */
export const startSlot = async (handle: RequestListener, port = 0): Promise<TestSlot> => {
  const seen: IncomingMessage[] = []
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, response) => {
    seen.push(incoming)
    handle(incoming, response)
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    address: `127.0.0.1:${address.port}`, seen,
    close: async () => {
      server.closeAllConnections()
      for (const client of sockets.clients) client.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
export type Ask = { readonly method?: string; readonly path?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer | AsyncIterable<Buffer>; readonly agent?: Agent }

/** A request of a visitor to the edge under a host name. */
export const visit = ({ HTTP_PORT }: Config, host: string, { method = 'GET', path = '/', headers = {}, body, agent }: Ask = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const sent = request({ port: HTTP_PORT, host: '127.0.0.1', method, path, headers: { host, ...headers }, agent: agent ?? false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text })).on('error', reject)
    })
    sent.on('error', reject)
    const write = async () => {
      if (body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body)) for await (const chunk of body) sent.write(chunk)
      else if (body !== undefined) sent.write(body)
      sent.end()
    }
    write().catch(reject)
  })

/** Bytes to the edge as they are; resolves to the status of the answer, 0 without one. */
export const sendRaw = ({ HTTP_PORT }: Config, text: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp(HTTP_PORT, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk
      if (answer.includes('\r\n')) socket.destroy()
    }).on('close', () => resolve(Number(answer.split(' ')[1] ?? 0))).on('error', reject)
  })

/** One command to HAProxy's runtime API, and its answer. */
export const runtime = ({ EDGE_SOCKET }: Config, command: string): Promise<string> => askHaproxy(EDGE_SOCKET, command)

/** A route with everything filled in; `sequence` is the test's to count up. */
export const route = (name: string, sequence: number, part: Partial<Route> = {}): Route => ({
  deploymentId: `d${name}`, name, claimId: `d${name}-1`, state: part.address ? 'routed' : 'asleep', address: null, reason: null, sequence: String(sequence), ...part,
})
