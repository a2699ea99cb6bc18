import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig, secret } from '../config.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { natsHits } from '../hits/jetstream.ts'
import { announceReady, logger } from '../log.ts'
import { openMetrics } from '../metrics/open.ts'
import { connectNats, onReconnect } from '../nats/connect.ts'
import { keepStreams } from '../nats/streams.ts'
import { followRoutes } from '../routes/follower.ts'
import { natsRoutes } from '../routes/nats.ts'
import { openTracing } from '../tracing/open.ts'
import { endTracing } from '../tracing/span.ts'
import { startEdge } from './edge.ts'
import { prepareUnlessRunning } from './haproxy.ts'
import { reloadHaproxy } from './reload.ts'
import { measureEdge } from './metrics.ts'

/** Longest time for visitors to be served when asked to end, milliseconds. */
const STOP_MS = 8_000

const config = readConfig()
const log = logger('edge', config.LOG_LEVEL)
const fail = (error: unknown): never => {
  log.fatal({ err: error }, 'the edge cannot go on')
  process.exit(1)
}
let stop = async (): Promise<void> => {} // until there is something to stop
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void Promise.race([stop(), sleep(STOP_MS)]).then(() => process.exit(0), fail))
}

if (config.WAKER_SOCKET) await prepareUnlessRunning(config) // HAProxy is in a container of its own, and waits for this
await openTracing('edge', config.PART_NAME || 'edge', log)
const connection = await connectNats(config, 'edge')
void connection.closed().then((error) => (error ? fail(error) : undefined))
await keepStreams(connection, { replicas: config.NATS_REPLICAS })
const edge = await startEdge({
  config, connection, hits: await natsHits(connection), signingKey: secret(config, 'signing-key'), log,
  ownerOf: (deploymentId) => follower.ownerOf(deploymentId),
})
measureEdge(edge.figures)
openMetrics(connection, 'edge', config.PART_NAME || 'edge', log)
// what this one was started with, or is made of, may be newer than the HAProxy it finds; it sees the old worker off, so it reloads when it knows it
void edge.inTouch.then(() => reloadHaproxy(config)).then(
  (reloaded) => (reloaded ? log.info('HAProxy was reloaded') : undefined),
  (error: unknown) => log.error({ reason: String(error) }, 'HAProxy was not reloaded'),
)

const routes = natsRoutes(connection, { replicas: config.NATS_REPLICAS })
const ending = new AbortController()
const follower = followRoutes({
  store: await jetStreamEventStore({ nc: connection, replicas: config.NATS_REPLICAS }), routes, standing: edge.known, signal: ending.signal, log,
  onCaughtUp: () => {
    edge.caughtUp()
    announceReady(log)
  },
})
// a broker that was restarted lost the bucket
onReconnect(connection, follower.rewrite)

stop = async () => {
  ending.abort()
  await edge.close()
  await follower.ended
  await connection.drain()
  await endTracing()
}
