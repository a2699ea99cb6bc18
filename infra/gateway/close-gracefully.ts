import { once } from 'node:events'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** How often connections that have become idle are looked for: node:http closes only those that are idle at the start, milliseconds. */
const SWEEP_MS = 20

/** Takes no more connections, lets calls under way end, and breaks off those that take longer than `timeoutMs`. */
export const closeGracefully = async (server: Server, timeoutMs: number): Promise<void> => {
  const closed = once(server, 'close')
  server.close()
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
  await Promise.race([closed, sleep(timeoutMs, undefined, { ref: false })])
  clearInterval(sweep)
  server.closeAllConnections()
}
