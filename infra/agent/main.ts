import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig, secret } from '../config.ts'
import { natsCredentials } from '../credentials/client.ts'
import { roomOn } from '../disk/room.ts'
import { withReserve } from '../event-store/reserve.ts'
import { natsHits } from '../hits/jetstream.ts'
import { announceReady, logger } from '../log.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { openMetrics } from '../metrics/open.ts'
import { meteredStore } from '../metrics/store.ts'
import { connectNats } from '../nats/connect.ts'
import { keepStreams } from '../nats/streams.ts'
import { natsRoutes } from '../routes/nats.ts'
import { jetStreamTimers } from '../timers/jetstream.ts'
import { keepTimer } from '../timers/keep.ts'
import { openTracing } from '../tracing/open.ts'
import { endTracing } from '../tracing/span.ts'
import { tracedStore } from '../tracing/store.ts'
import { startAgent } from './agent.ts'
import { measureAgent } from './metrics.ts'
import { openRuntime } from './open-runtime.ts'

/** Longest time to finish what is under way when asked to end, milliseconds. */
const STOP_MS = 5_000

const config = readConfig()
const log = logger('agent', config.LOG_LEVEL)

const fail = (error: unknown): never => {
  log.fatal({ err: error }, 'the agent cannot go on')
  process.exit(1)
}
/** What is held goes elsewhere before that. */
const DRAIN_MS = config.AGENT_STOP === 'drain' ? config.AGENT_DRAIN_SECONDS * 1_000 : 0

let stop = async (): Promise<void> => {} // until there is something to stop
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void Promise.race([stop(), sleep(STOP_MS + DRAIN_MS)]).then(() => process.exit(0), fail))
}

try {
  await openTracing('agent', config.PART_NAME || 'agent', log)
  const connection = await connectNats(config, 'agent')
  void connection.closed().then((error) => (error ? fail(error) : undefined))
  const replicas = config.NATS_REPLICAS
  await keepStreams(connection, { replicas })
  const { runtime, close } = await openRuntime(connection, config, log)
  const room = roomOn(config.DATA_DIR, config.DISK_RESERVE_MB)
  const agent = await startAgent({
    connection, config, runtime, log,
    store: tracedStore(meteredStore(withReserve(await jetStreamEventStore({ nc: connection, replicas }), room))),
    routes: natsRoutes(connection, { replicas }),
    credentials: natsCredentials(connection),
    hits: await natsHits(connection),
    signingKey: secret(config, 'signing-key'),
  })
  measureAgent(agent)
  openMetrics(connection, 'agent', config.PART_NAME || 'agent', log)
  // without agents there is nothing to heal with: so it is they who see to it that healing goes on
  const sweeps = await keepTimer({
    connection, log, key: 'heal.sweep', everyMs: config.HEAL_EVERY_SECONDS * 1_000, timers: await jetStreamTimers(connection, room),
    message: { type: 'HealDue', data: { cursor: null, spent: null } },
  })
  stop = async () => {
    if (DRAIN_MS > 0) await agent.leave(DRAIN_MS).catch((error: unknown) => log.warn({ reason: String(error) }, 'that this node shuts down could not be said'))
    sweeps.stop()
    await agent.stop()
    await close(config.AGENT_STOP === 'drain' ? 'end' : config.AGENT_STOP)
    await connection.drain()
    await endTracing()
  }
  announceReady(log)
} catch (error) {
  fail(error)
}
