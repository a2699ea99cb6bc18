import { once } from 'node:events'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Metrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'

export type DrainOptions = {
  readonly server: Server
  readonly metrics: Metrics
  readonly readiness: Readiness
  /** How long nobody may have called until connections are no longer taken. */
  readonly quietMs: number
  /** How long a call may take, and so all of this. */
  readonly longestMs: number
}

/** How often it is looked whether anybody still calls, milliseconds. */
const LOOK_MS = 20
/** So many quiet times are waited for one, at most: somebody who never notices would hold it for ever. */
const PATIENCE = 5

/**
 * Ends a server without breaking a call: from now on it says that it is not ready, and every answer closes its connection, while whoever
 * has not noticed is still served. When nobody has called for a while it takes no more connections, closes the idle ones, and lets
 * calls under way end; what takes longer than a call may is broken off.
 */
export const drain = async ({ server, metrics, readiness, quietMs, longestMs }: DrainOptions): Promise<void> => {
  readiness.set('draining')
  if (!server.listening) return
  const began = performance.now()
  await quiet(metrics, quietMs)
  const closed = once(server, 'close')
  server.close()
  const sweep = setInterval(() => server.closeIdleConnections(), LOOK_MS)
  await Promise.race([closed, sleep(Math.max(0, longestMs - (performance.now() - began)), undefined, { ref: false })])
  clearInterval(sweep)
  server.closeAllConnections()
}

const quiet = async (metrics: Metrics, quietMs: number): Promise<void> => {
  const began = performance.now()
  let [last, calls] = [began, metrics.calls()]
  while (performance.now() - began < quietMs * PATIENCE && performance.now() - last < quietMs) {
    await sleep(LOOK_MS)
    if (metrics.inFlight() === 0 && metrics.calls() === calls) continue
    last = performance.now()
    calls = metrics.calls()
  }
}
