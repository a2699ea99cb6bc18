import { Agent } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Idle connections are closed after this: sooner than servers close theirs (2 s is the shortest default in use, gunicorn's), milliseconds.
 */
const IDLE_MS = 1_000
/**
 * What cannot be repeated goes over a connection that was idle for no longer than this, or a new one. A server that closes an idle
 * connection while a request is on its way to it breaks that request, and nobody can tell whether it was carried out; a new
 * connection costs a tenth of a millisecond and is refused before anything was sent. Milliseconds.
 */
const RECENT_MS = 100
const MAX_IDLE = 64

/** Connections to one replica. */
export type Pool = {
  readonly agent: Agent
  /** Closes what was idle for too long to send something over it that cannot be repeated. */
  onlyRecent(): void
  /** Closes what is idle: where one connection broke, the others may have too. */
  dropIdle(): void
  /** Bytes that came over the connections in use. */
  heard(): number
  /** No connection outlives its call any more. */
  retire(): void
  /** Breaks all connections off. */
  cut(): void
}

export const openPool = (): Pool => {
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo', timeout: IDLE_MS, maxFreeSockets: MAX_IDLE })
  const idleSince = new WeakMap<Socket, number>()
  agent.on('free', (socket: Socket) => idleSince.set(socket, performance.now()))
  const idle = () => Object.values(agent.freeSockets).flatMap((sockets = []) => sockets)
  const dropIdle = () => idle().forEach((socket) => socket.destroy())
  return {
    agent,
    onlyRecent: () => {
      const oldest = performance.now() - RECENT_MS
      for (const socket of idle()) if ((idleSince.get(socket) ?? 0) < oldest) socket.destroy()
    },
    dropIdle,
    heard: () => Object.values(agent.sockets).flatMap((sockets = []) => sockets).reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    retire: () => {
      agent.maxFreeSockets = 0
      dropIdle()
    },
    cut: () => agent.destroy(),
  }
}
